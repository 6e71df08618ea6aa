import { useQuery } from "@tanstack/react-query";
import { eventsQuery } from "../../api/queries";
import type { Session } from "../../api/types";
import { LoadFailed } from "../../parts/Notices";
import { When } from "../../parts/When";
import { stamp } from "../../words/time";
import css from "./Events.module.css";

/** What happened to it, in sentences, newest first. */
export function Events({ session }: { session: Session }) {
  const events = useQuery({ ...eventsQuery(session.id), staleTime: 0 });
  if (events.error && !events.data) {
    return (
      <LoadFailed
        what="The events could not be loaded."
        error={events.error}
        again={() => void events.refetch()}
      />
    );
  }
  const rows = [...(events.data ?? [])].sort((a, b) => b.seq - a.seq);
  if (rows.length === 0) {
    return <p className={css.nothing}>{events.isPending ? "Loading the events." : "Nothing yet."}</p>;
  }
  return (
    <section className={css.panel} aria-label="Events">
      <div className="table-scroll">
        <table className="table">
          <caption className="unseen">Events of {session.name}, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">What happened</th>
              <th scope="col">Code</th>
              <th scope="col">By</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((event) => (
              <tr key={event.seq}>
                <td className={css.time}>
                  <When at={event.at} words={stamp} />
                </td>
                <td className={css.text}>{event.text}</td>
                <td data-label="Code" data-half className="mono dim">
                  {event.code}
                </td>
                <td data-label="By" data-half className="text dim">
                  {event.who ?? "Carrel"}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
