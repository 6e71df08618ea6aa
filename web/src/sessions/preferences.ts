/** Small choices that stay in this browser. */
import { useState } from "react";

const key = "carrel-open-when-ready";

function read(): boolean {
  try {
    return localStorage.getItem(key) !== "no";
  } catch {
    return true;
  }
}

/** Whether a new session opens by itself once its IDE answers. */
export function useOpenWhenReady(): [boolean, (open: boolean) => void] {
  const [open, setOpen] = useState(read);
  const set = (next: boolean) => {
    setOpen(next);
    try {
      localStorage.setItem(key, next ? "yes" : "no");
    } catch {
      // No storage: it holds until the page is left.
    }
  };
  return [open, set];
}
