/** New Session: one screen, no steps. What may not be chosen is greyed and says why. */
import { Button, Modal, Switch, Textarea, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconChevronDown } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { type Field, fieldOf, problemIn } from "../api/problem";
import { meQuery, optionsQuery } from "../api/queries";
import type { Launch, LaunchOptions, Me } from "../api/types";
import { Cli } from "../parts/Cli";
import { Meter } from "../parts/meters";
import { LoadFailed, ProblemText } from "../parts/Notices";
import { Note } from "../parts/Page";
import { useOpenWhenReady } from "../sessions/preferences";
import { useLaunch } from "../sessions/useLaunch";
import { launchCommand } from "../words/command";
import { memoryOf, short } from "../words/numbers";
import css from "./NewSession.module.css";
import { Choices } from "./new-session/choices";
import { custom, type Draft, firstDraft, requested, requestOf } from "./new-session/draft";
import { CustomSize, IdeTiles, SizeTiles } from "./new-session/tiles";

export function NewSession({ ide, close }: { ide?: string; close: () => void }) {
  const small = useMediaQuery("(max-width: 760px)", undefined, { getInitialValueInEffect: false });
  const options = useQuery({ ...optionsQuery(ide), staleTime: 0 });
  return (
    <Modal.Root
      opened
      onClose={close}
      size={820}
      fullScreen={small}
      radius={small ? 0 : 12}
      centered={!small}
      padding={0}
      transitionProps={{ duration: 120 }}
      classNames={{ content: css.content }}
    >
      <Modal.Overlay color="var(--veil)" backgroundOpacity={0.5} />
      <Modal.Content>
        <Modal.Header className={css.header}>
          <Modal.Title className={css.title}>New Session</Modal.Title>
          <Modal.CloseButton aria-label="Close" size={32} />
        </Modal.Header>
        <Modal.Body className={css.body}>
          {options.data ? (
            <Form options={options.data} ide={ide} close={close} />
          ) : options.error ? (
            <div className={css.message}>
              <LoadFailed
                what="What can be started could not be loaded."
                error={options.error}
                again={() => void options.refetch()}
              />
            </div>
          ) : (
            <p className={`${css.message} dim`} aria-busy="true">
              Looking for what can be started.
            </p>
          )}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Form({ options, ide, close }: { options: LaunchOptions; ide?: string; close: () => void }) {
  const [draft, setDraft] = useState<Draft>(() => firstDraft(options, ide));
  const [openWhenReady, setOpenWhenReady] = useOpenWhenReady();
  const launch = useLaunch(openWhenReady);
  const nameField = useRef<HTMLInputElement>(null);
  // The dialog took the focus before there was a field to give it to.
  useEffect(() => nameField.current?.select(), []);
  const change = (next: Partial<Draft>) => setDraft((before) => ({ ...before, ...next }));
  const request = requestOf(draft, options);
  const problem = launch.error ? problemIn(launch.error) : undefined;
  const field = problem && fieldOf(problem);
  const at = (...fields: Field[]) => (field && fields.includes(field) ? problem?.detail : undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!launch.isPending) launch.mutate(request);
  };
  return (
    <form className={css.form} onSubmit={submit} noValidate>
      <div className={css.fields}>
        {problem && !field && (
          <Note kind="bad" fact="It was not launched.">
            <ProblemText problem={problem} />
          </Note>
        )}
        <IdeTiles ides={options.ides} chosen={draft.ide} choose={(chosen) => change({ ide: chosen })} />
        <Complaint text={at("ide")} />
        <div className={css.pair}>
          <TextInput
            ref={nameField}
            data-autofocus
            label="Name"
            value={draft.name}
            placeholder={options.suggested_name}
            error={at("name")}
            autoComplete="off"
            onChange={(event) => change({ name: event.currentTarget.value })}
          />
          <TextInput
            label="Folder"
            value={draft.folder}
            placeholder={options.home ?? "Your home folder"}
            error={at("folder")}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => change({ folder: event.currentTarget.value })}
          />
        </div>
        <Choices draft={draft} options={options} change={change} at={at} />
        <div>
          <SizeTiles options={options} chosen={draft.size} choose={(chosen) => change({ size: chosen })} />
          {draft.size === custom && (
            <CustomSize
              options={options}
              cpus={draft.cpus}
              memoryMb={draft.memoryMb}
              gpus={draft.gpus}
              change={change}
            />
          )}
          <Complaint text={at("size", "bounds", "gpus")} />
        </div>
        <More open={at("env") !== undefined}>
          <Textarea
            label="Environment variables"
            description="For the IDE, its terminals and kernels; one a line: NAME=value"
            value={draft.env}
            error={at("env")}
            autosize
            minRows={2}
            maxRows={6}
            autoComplete="off"
            spellCheck={false}
            classNames={{ input: css.variables }}
            onChange={(event) => change({ env: event.currentTarget.value })}
          />
        </More>
        <Switch
          label="Open when ready"
          checked={openWhenReady}
          onChange={(event) => setOpenWhenReady(event.currentTarget.checked)}
        />
      </div>
      <Foot request={request} draft={draft} options={options} pending={launch.isPending} close={close} />
    </form>
  );
}

/** What few need, closed at first; open when something in it is wrong. */
function More({ open, children }: { open: boolean; children: ReactNode }) {
  const [wanted, setWanted] = useState(false);
  return (
    <details
      className={css.more}
      open={wanted || open}
      onToggle={(event) => setWanted(event.currentTarget.open)}
    >
      <summary>
        <IconChevronDown size={16} aria-hidden />
        <b>More</b> <span className="dim">environment variables</span>
      </summary>
      {children}
    </details>
  );
}

/** What is wrong with a choice, under it. */
function Complaint({ text }: { text: string | undefined }) {
  return text ? <p className={css.complaint}>{text}</p> : null;
}

function Foot(props: {
  request: Launch;
  draft: Draft;
  options: LaunchOptions;
  pending: boolean;
  close: () => void;
}) {
  const { request, draft, options, pending, close } = props;
  const { data: me } = useQuery(meQuery);
  const command = launchCommand({ ...request, name: request.name ?? options.suggested_name });
  return (
    <div className={css.foot}>
      {me && <AfterLaunch me={me} asked={requested(draft, options)} />}
      <div className={css.last}>
        <div className={css.command}>
          <Cli command={command} />
        </div>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={pending}>
          Launch
        </Button>
      </div>
    </div>
  );
}

function AfterLaunch({ me, asked }: { me: Me; asked: { cpus: number; memory_mb: number } }) {
  const cpus = me.use.cpus + asked.cpus;
  const memory = me.use.memory_mb + asked.memory_mb;
  const { limits } = me;
  const cpuText = limits.cpus ? `${short(cpus)} of ${short(limits.cpus)}` : short(cpus);
  const memoryText = limits.memory_mb
    ? memoryOf(memory, limits.memory_mb).replace(".0 of", " of")
    : `${short(memory / 1024)} GB`;
  return (
    <div className={`${css.after} num`}>
      <span className="dim">After launch you use</span>
      <span>
        CPU <b>{cpuText}</b>
      </span>
      {limits.cpus && <Meter used={cpus} limit={limits.cpus} label="CPU after launch" text={cpuText} />}
      <span>
        Memory <b>{memoryText}</b>
      </span>
      {limits.memory_mb && (
        <Meter used={memory} limit={limits.memory_mb} label="Memory after launch" text={memoryText} />
      )}
    </div>
  );
}
