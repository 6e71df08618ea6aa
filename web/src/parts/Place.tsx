import css from "./Place.module.css";

/** What decides something: a line, by the name of its file. Where that lies is in the tooltip, and said once on the page
 * of the configuration. */
export function Place({ at }: { at: string }) {
  const name = at.replace(/^\/\S*\//, "");
  return (
    <span className={css.place} title={name === at ? undefined : at}>
      {name}
    </span>
  );
}
