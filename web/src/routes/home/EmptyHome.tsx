import { UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { optionsQuery } from "../../api/queries";
import { Booth, IdeMark } from "../../parts/marks";
import { LoadFailed } from "../../parts/Notices";
import { Note } from "../../parts/Page";
import css from "./EmptyHome.module.css";
import { quickStarts, useQuickStart } from "./QuickStarts";

/** The first visit: three starts with one click, one link to choose everything. */
export function EmptyHome() {
  const options = useQuery(optionsQuery());
  const { pending, start } = useQuickStart();
  const choices = options.data ? quickStarts(options.data, 3) : [];
  const reason = options.data?.ides.find((ide) => ide.cause)?.cause?.text;
  return (
    <section className={css.empty} aria-labelledby="empty-title">
      <Booth />
      <h2 id="empty-title">Start a session</h2>
      <p className="dim">Pick one. It starts with the usual settings, in your home folder.</p>
      {options.error && (
        <LoadFailed
          what="What can be started could not be loaded."
          error={options.error}
          again={() => void options.refetch()}
        />
      )}
      {options.data && choices.length === 0 && (
        <div className={css.none}>
          <Note kind="warn" fact="No IDE can be started here.">
            {reason ?? "An administrator can install one."}
          </Note>
        </div>
      )}
      <ul className={css.starts} aria-label="Quick start">
        {choices.map((choice) => (
          <li key={choice.ide}>
            <UnstyledButton
              className={css.start}
              onClick={() => start(choice)}
              aria-busy={pending === choice.ide}
            >
              <span className="unseen">Start</span>
              <IdeMark ide={choice.ide} size={40} />
              <span>
                <span className={css.name}>{choice.name}</span>
                <span className="small dim">
                  {choice.sizeName}: {choice.what}
                </span>
              </span>
            </UnstyledButton>
          </li>
        ))}
      </ul>
      <p className={css.more}>
        <Link to="/" search={{ new: "1" }}>
          Choose everything yourself
        </Link>
      </p>
    </section>
  );
}
