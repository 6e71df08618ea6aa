import { Button, NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { IconListCheck, IconSearch } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import type { Choice, Show, Sort } from "../../sessions/list";
import css from "./ListTools.module.css";

const sorts: { value: Sort; label: string }[] = [
  { value: "state", label: "By state" },
  { value: "used", label: "By last use" },
  { value: "name", label: "By name" },
  { value: "created", label: "Newest first" },
];

export function ListTools(props: {
  choice: Choice;
  change: (change: Partial<Choice>) => void;
  counts: Record<Show, number>;
  filters: boolean;
  choosing: boolean;
  setChoosing: (on: boolean) => void;
}) {
  const { choice, change, counts, filters, choosing, setChoosing } = props;
  return (
    <div className={css.tools}>
      {filters && (
        <SegmentedControl
          aria-label="Show"
          value={choice.show}
          onChange={(show) => change({ show: show as Show })}
          data={[
            { value: "all", label: `All ${counts.all}` },
            { value: "running", label: `Running ${counts.running}` },
            { value: "not-running", label: `Not running ${counts["not-running"]}` },
          ]}
        />
      )}
      <div className={css.end}>
        <Button
          size="xs"
          variant={choosing ? "light" : "default"}
          aria-pressed={choosing}
          leftSection={<IconListCheck size={15} />}
          onClick={() => setChoosing(!choosing)}
        >
          Choose several
        </Button>
        {filters && (
          <>
            <NativeSelect
              size="xs"
              aria-label="Order"
              value={choice.sort}
              data={sorts}
              onChange={(event) => change({ sort: event.currentTarget.value as Sort })}
            />
            <Filter text={choice.text} change={(text) => change({ text })} />
          </>
        )}
      </div>
    </div>
  );
}

/** Types at once, writes to the address a moment later. */
function Filter({ text, change }: { text: string; change: (text: string) => void }) {
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
      placeholder="Name, IDE or state"
      aria-label="Filter sessions"
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
