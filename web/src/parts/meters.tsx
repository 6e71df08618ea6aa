import { fullness, percent } from "../words/numbers";
import css from "./meters.module.css";

interface Bar {
  used: number;
  limit: number;
  label: string;
  /** In words, with the unit: what a screen reader says. */
  text: string;
}

/** How full something is. The text beside it is the caller's. */
export function Meter({ used, limit, label, text }: Bar) {
  const value = percent(used, limit);
  return (
    // biome-ignore lint/a11y/useSemanticElements: <meter> cannot be drawn the same in all browsers
    <div
      className={css.bar}
      role="meter"
      aria-label={label}
      aria-valuenow={Math.round(value)}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={text}
      data-tone={fullness(value)}
    >
      <i style={{ width: `${value}%` }} />
    </div>
  );
}

/** How far something is, where that is known. */
export function Progress({ used, limit, label, text }: Bar) {
  return (
    <div
      className={css.bar}
      role="progressbar"
      aria-label={label}
      aria-valuenow={used}
      aria-valuemin={0}
      aria-valuemax={limit}
      aria-valuetext={text}
      data-tone="start"
    >
      <i style={{ width: `${percent(used, limit)}%` }} />
    </div>
  );
}

const width = 108;

/** A curve without a chart library: one path, cheap in long lists. */
export function Spark(props: {
  points: readonly number[];
  max: number;
  height: number;
  label: string;
  second?: boolean;
}) {
  const { points, max, height, label, second } = props;
  const top = Math.max(max, ...points, Number.EPSILON);
  const step = width / Math.max(1, points.length - 1);
  const line = points
    .map((value, index) => {
      const y = height - 1.5 - (value / top) * (height - 3);
      return `${index ? "L" : "M"}${(index * step).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
  const colour = second ? "var(--c2)" : "var(--c1)";
  return (
    <svg
      className={css.spark}
      width="100%"
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path d={`M0 ${height - 0.5}H${width}`} stroke="var(--line)" vectorEffect="non-scaling-stroke" />
      {points.length > 1 && (
        <>
          <path d={`${line}L${width} ${height}L0 ${height}Z`} fill={colour} opacity="0.13" />
          <path d={line} fill="none" stroke={colour} strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
        </>
      )}
    </svg>
  );
}
