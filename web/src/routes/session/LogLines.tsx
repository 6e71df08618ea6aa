import type { Ref } from "react";
import type { LogLine } from "../../sessions/log";
import css from "./LogLines.module.css";

/** Output in the colours of a terminal, in light and dark alike. */
export function LogLines(props: {
  lines: readonly LogLine[];
  empty: string;
  mark?: string;
  tall?: boolean;
  ref?: Ref<HTMLDivElement>;
  onScroll?: () => void;
}) {
  const { lines, empty, mark, tall, ref, onScroll } = props;
  return (
    <div
      ref={ref}
      onScroll={onScroll}
      className={css.log}
      data-tall={tall}
      role="log"
      aria-live="off"
      aria-label="Output"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
      tabIndex={0}
    >
      {lines.length === 0 ? (
        <p className={css.empty}>{empty}</p>
      ) : (
        lines.map((line) => (
          <pre key={line.number} data-level={line.level}>
            {mark ? <Marked text={line.text} mark={mark} /> : line.text || " "}
          </pre>
        ))
      )}
    </div>
  );
}

function Marked({ text, mark }: { text: string; mark: string }) {
  const at = text.toLowerCase().indexOf(mark.toLowerCase());
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + mark.length)}</mark>
      {text.slice(at + mark.length)}
    </>
  );
}
