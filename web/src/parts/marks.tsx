/** Our own drawings: the mark, and for each IDE what one does there. No maker's logo. */
import type { ReactNode } from "react";
import css from "./marks.module.css";

/** A study booth seen from the front, its lamp on. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg className={css.mark} width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--mark)" />
      <path
        d="M8 26V10a3.5 3.5 0 0 1 3.5-3.5h9A3.5 3.5 0 0 1 24 10v16M8 20.5h16"
        fill="none"
        stroke="var(--mark-ink)"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <path d="M11.5 14.8a4.5 4.5 0 0 1 9 0z" fill="var(--lamp)" />
      <path d="M16 15v5" stroke="var(--mark-ink)" strokeWidth="2" />
    </svg>
  );
}

/** An empty booth with the lamp on, for the first visit. */
export function Booth({ size = 88 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 96 96" aria-hidden="true" fill="none" strokeWidth="2.2">
      <path
        d="M15 90V21a10 10 0 0 1 10-10h46a10 10 0 0 1 10 10v69M15 70h66"
        stroke="var(--line-strong)"
        strokeLinecap="round"
      />
      <path d="M48 46v23" stroke="var(--line-strong)" />
      <path d="M35 45a13 13 0 0 1 26 0z" fill="var(--lamp)" stroke="var(--lamp-line)" />
    </svg>
  );
}

interface Drawing {
  hue: "blue" | "rust" | "straw" | "iris" | "plum" | "none";
  lines: ReactNode;
}

const drawings: Record<string, Drawing> = {
  rstudio: { hue: "blue", lines: <path d="M8 19V5h5a4 4 0 0 1 0 8H8m4.5 0 4.5 6" /> },
  jupyterlab: {
    hue: "rust",
    lines: (
      <>
        <rect x="3.5" y="4.5" width="17" height="15" rx="2.5" />
        <path d="M9.5 4.5v15M9.5 12h11" />
      </>
    ),
  },
  notebook: {
    hue: "straw",
    lines: (
      <>
        <rect x="5" y="3.8" width="14" height="16.4" rx="2" />
        <path d="M8.7 8.5h6.6M8.7 12h6.6M8.7 15.5h3.5" />
      </>
    ),
  },
  vscode: { hue: "iris", lines: <path d="m8.5 7.5-5 4.5 5 4.5M15.5 7.5l5 4.5-5 4.5M13.2 5.5l-2.4 13" /> },
  positron: {
    hue: "plum",
    lines: (
      <>
        <circle cx="12" cy="12" r="2.6" />
        <ellipse cx="12" cy="12" rx="9" ry="4.2" transform="rotate(-32 12 12)" />
      </>
    ),
  },
};

/** For what an administrator added to the catalogue. */
const other: Drawing = {
  hue: "none",
  lines: (
    <>
      <rect x="3.5" y="4.5" width="17" height="15" rx="2.5" />
      <path d="m7.5 9.5 3 2.5-3 2.5M13 15h3.5" />
    </>
  ),
};

export function IdeMark({ ide, size = 36 }: { ide: string; size?: number }) {
  const { hue, lines } = drawings[ide] ?? other;
  return (
    <span className={css.ide} data-hue={hue} style={{ width: size, height: size }}>
      <svg
        width={size * 0.6}
        height={size * 0.6}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        {lines}
      </svg>
    </span>
  );
}
