import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import css from "./Filter.module.css";

/** The field that narrows a list: types at once, writes to the address a moment later. */
export function Filter(props: {
  label: string;
  placeholder: string;
  text: string;
  change: (text: string) => void;
}) {
  const { label, placeholder, text, change } = props;
  const [typed, setTyped] = useState(text);
  const [settled, setSettled] = useState(text);
  const [given, setGiven] = useState(text);
  if (text !== given) {
    setGiven(text);
    // The address was changed by something else: a link, Back, Clear. What came from here is known already.
    if (text !== settled) {
      setSettled(text);
      setTyped(text);
    }
  }
  useEffect(() => {
    if (typed === settled) return;
    const timer = window.setTimeout(() => {
      setSettled(typed);
      change(typed);
    }, 120);
    return () => window.clearTimeout(timer);
  }, [typed, settled, change]);
  return (
    <TextInput
      className={css.filter}
      size="xs"
      type="search"
      data-filter
      leftSection={<IconSearch size={15} />}
      placeholder={placeholder}
      aria-label={label}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        setTyped("");
        event.currentTarget.blur();
      }}
    />
  );
}
