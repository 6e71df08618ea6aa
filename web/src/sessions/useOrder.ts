/** The order of the live list on the page: it settles when the reader chooses, and does not jump in between. */
import { useEffect, useRef, useState } from "react";
import type { Session } from "../api/types";
import { type Choice, filtered, settled, sorted } from "./list";

export interface Ordered {
  rows: Session[];
  /** How many new sessions wait above a list that is scrolled. */
  waiting: number;
  showWaiting: () => void;
}

export function useOrder(sessions: readonly Session[], choice: Choice): Ordered {
  const chosen = `${choice.show}\n${choice.text}\n${choice.sort}`;
  const [kept, setKept] = useState<{ chosen: string; ids: string[] }>({ chosen: "", ids: [] });
  const scrolled = useScrolled();
  const matching = filtered(sessions, choice);

  const fresh = kept.chosen !== chosen;
  const rows = fresh ? sorted(matching, choice.sort) : settled(matching, kept.ids, choice.sort);
  const known = new Set(kept.ids);
  const held = !fresh && scrolled ? rows.filter((row) => !known.has(row.id)) : [];
  const shown = held.length ? rows.filter((row) => known.has(row.id)) : rows;

  const ids = shown.map((row) => row.id);
  const signature = ids.join(" ");
  const latest = useRef(ids);
  latest.current = ids;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature stands for the ids
  useEffect(() => {
    setKept({ chosen, ids: latest.current });
  }, [chosen, signature]);

  return {
    rows: shown,
    waiting: held.length,
    showWaiting: () => setKept({ chosen, ids: rows.map((row) => row.id) }),
  };
}

function useScrolled(): boolean {
  const [scrolled, setScrolled] = useState(false);
  useEffect(() => {
    const look = () => setScrolled(window.scrollY > 120);
    look();
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, []);
  return scrolled;
}
