import type { Reloaded } from "../../api/types";
import css from "./Configuration.module.css";

/** What the files say otherwise than before. */
export function Changes({ changes }: { changes: Reloaded["changes"] }) {
  return (
    <div className="table-scroll">
      <table className="table">
        <caption className="unseen">What changed</caption>
        <thead>
          <tr>
            <th scope="col">Option</th>
            <th scope="col">Before</th>
            <th scope="col">Now</th>
            <th scope="col">In force</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ file, key, before, after, needs_restart }) => (
            <tr key={`${file} ${key}`}>
              <td>
                <span className={css.key}>{key ?? file}</span>
                {key && <span className={css.file}>{file}</span>}
              </td>
              <td data-label="Before" className="dim">
                <span className={css.mono}>{before ?? "not set"}</span>
              </td>
              <td data-label="Now">
                <span className={css.mono}>{after ?? "not set"}</span>
              </td>
              <td data-label="In force" className="text">
                {needs_restart ? "after a restart" : "now"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
