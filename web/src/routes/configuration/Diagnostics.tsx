import type { Told } from "../../api/types";
import css from "./Configuration.module.css";

const words = { error: "Error", warning: "Warning", note: "Note" };

export function Diagnostics({ told }: { told: Told[] }) {
  return (
    <div className="table-scroll">
      <table className="table">
        <caption className="unseen">What there is to tell about the files</caption>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Where</th>
          </tr>
        </thead>
        <tbody>
          {told.map((one) => (
            <tr key={`${one.at} ${one.code} ${one.text}`}>
              <td>
                <span className={css.level} data-level={one.level}>
                  {words[one.level]}
                </span>{" "}
                {one.text}
                {one.found !== null && (
                  <>
                    ; found <code className={css.mono}>{one.found}</code>
                  </>
                )}
                {one.allowed !== null && `; allowed: ${one.allowed}`}
                {one.meant !== null && (
                  <>
                    ; did you mean <code className={css.mono}>{one.meant}</code>?
                  </>
                )}
              </td>
              <td className="text" data-label="Where">
                <span className={css.mono}>{one.at}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
