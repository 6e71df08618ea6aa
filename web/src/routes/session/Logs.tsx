import { Button, Switch, TextInput } from "@mantine/core";
import { IconDownload, IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { ProblemError } from "../../api/problem";
import type { Session } from "../../api/types";
import { LoadFailed } from "../../parts/Notices";
import { found } from "../../sessions/log";
import { logAddress, useLog } from "../../sessions/useLog";
import { LogLines } from "./LogLines";
import css from "./Logs.module.css";

/** The output as it is written: follow, find, download. */
export function Logs({ session }: { session: Session }) {
  const [again, setAgain] = useState(0);
  const log = useLog(session.id, true, session.generation * 1000 + again);
  const [text, setText] = useState("");
  const [follow, setFollow] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  const lines = found(log.lines, text);

  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines move the foot
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, lines.length, log.lines.at(-1)?.number]);

  const scrolled = () => {
    const element = box.current;
    if (!element) return;
    // Reading further up means not to be pulled down again.
    const atFoot = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
    if (!atFoot && follow) setFollow(false);
  };

  return (
    <section className={css.panel} aria-label="Logs">
      <div className={css.tools}>
        <TextInput
          className={css.find}
          size="xs"
          type="search"
          data-filter
          leftSection={<IconSearch size={14} />}
          placeholder="Find in the output"
          aria-label="Find in the output"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {text.trim() && <span className="small dim num">{lines.length} lines</span>}
        <div className={css.end}>
          <Switch
            size="sm"
            label="Follow"
            checked={follow}
            onChange={(event) => setFollow(event.currentTarget.checked)}
          />
          <Button
            size="xs"
            variant="default"
            component="a"
            href={logAddress(session.id, false)}
            download={`${session.id}.log`}
            leftSection={<IconDownload size={15} />}
          >
            Download
          </Button>
        </div>
      </div>
      {log.problem && (
        <div className={css.problem}>
          <LoadFailed
            what="The output could not be read."
            error={new ProblemError(log.problem)}
            again={() => setAgain(again + 1)}
          />
        </div>
      )}
      <LogLines
        ref={box}
        tall
        lines={lines}
        mark={text.trim()}
        onScroll={scrolled}
        empty={
          log.lines.length
            ? "Nothing matches."
            : log.state === "reading"
              ? "Nothing yet."
              : "It wrote nothing."
        }
      />
    </section>
  );
}
