/** Small dialogs: a question before something is lost, and a new name. */
import { Button, Modal, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { problemIn } from "../api/problem";
import type { Session } from "../api/types";
import { useDeed } from "../sessions/useDeed";
import css from "./dialogs.module.css";

/** The frame of all dialogs: title in serif, label from it, named close button. */
export function Dialog(props: { title: string; size?: number; close: () => void; children: ReactNode }) {
  return (
    <Modal
      opened
      onClose={props.close}
      title={props.title}
      size={props.size ?? 460}
      centered
      radius={12}
      overlayProps={{ color: "var(--veil)", backgroundOpacity: 0.5 }}
      closeButtonProps={{ "aria-label": "Close", size: 32 }}
      classNames={{ title: css.title, content: css.content, header: css.header }}
    >
      {props.children}
    </Modal>
  );
}

export function ForceQuitDialog(props: { names: string[]; confirm: () => void; close: () => void }) {
  const { names, confirm, close } = props;
  const what = names.length === 1 ? names[0] : `${names.length} sessions`;
  return (
    <Dialog title={`Force Quit ${what}?`} close={close}>
      <p className="dim">
        {names.length === 1 ? "Its" : "Their"} processes are killed at once. What is not saved is lost; saved
        files are safe.
      </p>
      <div className={css.buttons}>
        <Button variant="default" onClick={close} data-autofocus>
          Cancel
        </Button>
        <Button
          variant="default"
          c="var(--st-fail)"
          onClick={() => {
            confirm();
            close();
          }}
        >
          Force Quit
        </Button>
      </div>
    </Dialog>
  );
}

export function RenameDialog({ session, close }: { session: Session; close: () => void }) {
  const [name, setName] = useState(session.name);
  const deed = useDeed();
  const rename = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === session.name) return close();
    deed.mutate({ session, deed: { verb: "rename", name: name.trim() } }, { onSuccess: close });
  };
  const problem = deed.error ? problemIn(deed.error) : undefined;
  return (
    <Dialog title={`Rename ${session.name}`} close={close}>
      <form onSubmit={rename} className="stack">
        <TextInput
          data-autofocus
          label="Name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={problem && (problem.detail ?? problem.title)}
        />
        <div className={css.buttons}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={deed.isPending}>
            Rename
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
