import { useQuery } from "@tanstack/react-query";
import { usageQuery } from "../../api/queries";
import type { Session } from "../../api/types";
import { Cli, Copy } from "../../parts/Cli";
import { Spark } from "../../parts/meters";
import { useNow } from "../../parts/now";
import { Panel } from "../../parts/Page";
import { When } from "../../parts/When";
import { addressOf } from "../../sessions/actions";
import { useLarger } from "../../sessions/useLarger";
import { sessionCommand, sizeFlags } from "../../words/command";
import { cpusOf, gpuWords, memoryOf, size } from "../../words/numbers";
import { sentence, whoWords } from "../../words/sentence";
import { moment, relative } from "../../words/time";
import { LastOutput } from "../start/LastOutput";
import { KeepMenu } from "./KeepMenu";
import css from "./Overview.module.css";

export function Overview({ session }: { session: Session }) {
  const more = useLarger(session);
  return (
    <div className="sided">
      <div className="stack">
        <Now session={session} />
        {session.state === "Failed" && <LastOutput id={session.id} />}
        <Facts session={session} />
      </div>
      <Panel title="From a terminal">
        <div className={css.commands}>
          <Cli command={sessionCommand("show", session.name)} />
          <Cli command={sessionCommand("logs", session.name, "--follow")} />
          {session.may.suspend && <Cli command={sessionCommand("suspend", session.name)} />}
          {session.may.resume && (
            <Cli command={sessionCommand("resume", session.name, ...sizeFlags(more?.size))} />
          )}
          {session.may.quit && <Cli command={sessionCommand("stop", session.name)} />}
        </div>
      </Panel>
    </div>
  );
}

function Now({ session }: { session: Session }) {
  const now = useNow("second");
  const { text, warns } = sentence(session, now);
  const runs = session.may.open;
  return (
    <Panel title="Now" end={session.may.keep && <KeepMenu session={session} />}>
      <p className={css.sentence} data-warns={warns}>
        {text}
      </p>
      <Why session={session} />
      {runs && <Curves session={session} />}
    </Panel>
  );
}

/** What the idle clock does, or who can change what went wrong. */
function Why({ session }: { session: Session }) {
  const { idle, cause, state } = session;
  if (state === "Failed" || state === "Lost") {
    const who = whoWords(cause?.who);
    return (
      <p className="dim">
        {who} <span className="mono">{cause?.code}</span>
      </p>
    );
  }
  if (!idle) return null;
  if (idle.busy_because) return <p className="dim">The idle clock stands still as long as this lasts.</p>;
  if (!idle.ends_at) return <p className="dim">It is not ended for being idle.</p>;
  const verb = idle.action === "quit" ? "quits" : "suspends";
  const ends = new Date(idle.ends_at);
  if (state === "Idle") return <p className="dim">Any use starts the idle clock anew.</p>;
  return (
    <p className="dim">
      Without use it {verb} at {moment(ends, new Date())}.
    </p>
  );
}

function Curves({ session }: { session: Session }) {
  const { data } = useQuery(usageQuery(session.id, "1h"));
  const points = data?.points ?? [];
  if (points.length < 2) return null;
  const last = points.at(-1);
  const cpu = cpusOf(session.usage?.cpus ?? last?.cpus ?? 0, session.cpus);
  const memory = memoryOf(session.usage?.memory_mb ?? last?.memory_mb ?? 0, session.memory_mb);
  const curves = [
    { label: "CPU", text: cpu, values: points.map((point) => point.cpus), max: session.cpus },
    { label: "Memory", text: memory, values: points.map((point) => point.memory_mb), max: session.memory_mb },
  ];
  return (
    <div className={css.curves}>
      {curves.map(({ label, text, values, max }, index) => (
        <div key={label}>
          <p className={css.curve}>
            <b>{label}</b>
            <span className="dim num">{text}</span>
          </p>
          <Spark
            points={values}
            max={max}
            height={88}
            label={`${label} in the last hour, now ${text}`}
            second={index === 1}
          />
        </div>
      ))}
    </div>
  );
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

function Facts({ session }: { session: Session }) {
  const address = addressOf(session);
  const nth = session.generation === 1 ? "" : `, start number ${session.generation}`;
  return (
    <Panel title="Session">
      <dl className="facts" data-lined>
        <dt>Address</dt>
        <dd className={css.address}>
          <a className="mono" href={session.url}>
            {address}
          </a>
          <Copy text={address} label="Copy address" />
        </dd>
        <dt>Size</dt>
        <dd>
          {session.resource_profile ? `${capital(session.resource_profile)}: ` : ""}
          {[size(session), ...gpuWords(session.gpus)].join(", ")}
        </dd>
        <Reserved session={session} />
        {session.r_version && (
          <>
            <dt>R</dt>
            <dd className="mono">{session.r_version}</dd>
          </>
        )}
        {session.image && (
          <>
            <dt>Image</dt>
            <dd className="mono">{session.image}</dd>
          </>
        )}
        {Object.keys(session.placement).length > 0 && (
          <>
            <dt>Node</dt>
            <dd className="mono">
              {Object.entries(session.placement)
                .map(([label, value]) => `${label}:${value}`)
                .join(", ")}
            </dd>
          </>
        )}
        <dt>Folder</dt>
        <dd className={session.folder ? "mono" : undefined}>{session.folder ?? "Home folder"}</dd>
        <dt>Place</dt>
        <dd>{session.cluster}</dd>
        <dt>Asked for</dt>
        <dd>
          <When at={session.created_at} words={moment} />
        </dd>
        <dt>Started</dt>
        <dd>
          {session.started_at ? (
            <>
              <When at={session.started_at} words={relative} />
              {nth}
            </>
          ) : (
            "Not yet"
          )}
        </dd>
        {session.last_active_at && (
          <>
            <dt>Last used</dt>
            <dd>
              <When at={session.last_active_at} words={relative} />
            </dd>
          </>
        )}
        <dt>Id</dt>
        <dd className="mono">{session.id}</dd>
      </dl>
    </Panel>
  );
}

/** What the cluster sets aside for it, where that is less than it may use. */
function Reserved({ session }: { session: Session }) {
  const { cpu_request: cpus, memory_request_mb: memoryMb } = session;
  if (cpus === null && memoryMb === null) return null;
  return (
    <>
      <dt>Reserved</dt>
      <dd>{size({ cpus: cpus ?? session.cpus, memory_mb: memoryMb ?? session.memory_mb })}</dd>
    </>
  );
}
