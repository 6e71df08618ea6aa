import { ActionIcon, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import css from "./Cli.module.css";
import { copyText } from "./copy";

/** Copies a text; says so for a moment. */
export function Copy({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    const timer = copied ? window.setTimeout(() => setCopied(false), 2000) : undefined;
    return () => window.clearTimeout(timer);
  }, [copied]);
  return (
    <Tooltip label={copied ? "Copied" : label}>
      <ActionIcon size={28} onClick={async () => setCopied(await copyText(text))} aria-label={label}>
        {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}

/** The same thing from a terminal: the real, complete command. */
export function Cli({ command }: { command: string }) {
  return (
    <div className={css.cli}>
      <span className={css.prompt} aria-hidden="true">
        $
      </span>
      <code title={command}>{command}</code>
      <Copy text={command} label="Copy command" />
    </div>
  );
}
