import type { Setting } from "../../api/types";
import { Place } from "../../parts/Place";
import css from "./Configuration.module.css";

const words: Record<string, string> = {
  used: "takes effect",
  "not-yet": "has no effect yet",
  "no-effect": "changes nothing",
  "not-supported": "is not supported",
};

export function SettingTable({ settings }: { settings: Setting[] }) {
  return (
    <div className="table-scroll">
      <table className="table">
        <caption className="unseen">Settings</caption>
        <thead>
          <tr>
            <th scope="col">Option</th>
            <th scope="col">Value</th>
            <th scope="col">From</th>
            <th scope="col">Default</th>
            <th scope="col">In Carrel</th>
          </tr>
        </thead>
        <tbody>
          {settings.map((setting) => (
            <Row key={`${setting.file} ${setting.key} ${setting.source}`} setting={setting} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ setting }: { setting: Setting }) {
  const { file, key, value, source, role, why, needs_restart } = setting;
  return (
    <tr>
      <td>
        <span className={css.key}>{key || file}</span>
        {key && <span className={css.file}>{file}</span>}
      </td>
      <td data-label="Value">
        <span className={css.mono}>{value}</span>
      </td>
      <td data-label="From" className="dim">
        {source ? <Place at={source} /> : "default"}
      </td>
      <td data-label="Default" className="dim">
        <span className={css.mono}>{setting.default ?? "none"}</span>
      </td>
      <td data-label="In Carrel" className="text dim">
        <span>
          {words[role] ?? role}
          {why && `: ${why}`}
          {role === "used" && needs_restart && ", after a restart"}
        </span>
      </td>
    </tr>
  );
}
