import { Button, NativeSelect, SegmentedControl } from "@mantine/core";
import { IconListCheck } from "@tabler/icons-react";
import { Filter } from "../../parts/Filter";
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
            <Filter
              label="Filter sessions"
              placeholder="Name, IDE or state"
              text={choice.text}
              change={(text) => change({ text })}
            />
          </>
        )}
      </div>
    </div>
  );
}
