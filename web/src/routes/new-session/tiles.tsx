/** The choices of New Session: native radio buttons that look like tiles. */
import { NumberInput, Slider } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { LaunchOptions } from "../../api/types";
import { IdeMark } from "../../parts/marks";
import { gpuWords, memory, short, size } from "../../words/numbers";
import { whoWords } from "../../words/sentence";
import { cpuStep, custom, type Draft, memoryStep, within } from "./draft";
import css from "./tiles.module.css";

interface TileProps {
  group: string;
  value: string;
  chosen: boolean;
  /** Why it may not be chosen. */
  reason?: string;
  choose: (value: string) => void;
  children: ReactNode;
}

function Tile({ group, value, chosen, reason, choose, children }: TileProps) {
  return (
    <label className={css.tile} data-chosen={chosen} data-off={reason !== undefined} title={reason}>
      <input
        type="radio"
        name={group}
        value={value}
        checked={chosen}
        disabled={reason !== undefined}
        onChange={() => choose(value)}
      />
      {children}
    </label>
  );
}

/** The reason, and who can change it. */
function reasonOf(of: {
  available: boolean;
  cause?: { text: string; who: string } | null;
}): string | undefined {
  if (of.available) return undefined;
  const text = of.cause?.text ?? "It is not available here.";
  const who = whoWords(of.cause?.who);
  return who && !text.includes("dministrator") ? `${text} ${who}` : text;
}

export function IdeTiles(props: {
  ides: LaunchOptions["ides"];
  chosen: string;
  choose: (ide: string) => void;
}) {
  const reasons = props.ides.flatMap((ide) => {
    const reason = reasonOf(ide);
    return reason ? [{ id: ide.id, name: ide.name, reason }] : [];
  });
  return (
    <fieldset>
      <legend className={css.legend}>IDE</legend>
      <div className={css.ides}>
        {props.ides.map((ide) => {
          const reason = reasonOf(ide);
          return (
            <Tile
              key={ide.id}
              group="ide"
              value={ide.id}
              chosen={props.chosen === ide.id}
              reason={reason}
              choose={props.choose}
            >
              <IdeMark ide={ide.id} size={32} />
              <span className={css.words}>
                <span className={css.name}>{ide.name}</span>
                <span className={css.more}>{reason ? "Not available" : (ide.version ?? "")}</span>
              </span>
            </Tile>
          );
        })}
      </div>
      {reasons.length > 0 && (
        <ul className={css.reasons}>
          {reasons.map(({ id, name, reason }) => (
            <li key={id}>
              <IconLock size={14} aria-hidden />
              <span>
                <b>{name}:</b> {reason}
              </span>
            </li>
          ))}
        </ul>
      )}
    </fieldset>
  );
}

export function SizeTiles(props: { options: LaunchOptions; chosen: string; choose: (size: string) => void }) {
  const { options, chosen, choose } = props;
  const ownReason = reasonOf(options.custom);
  return (
    <fieldset>
      <legend className={css.legend}>Size</legend>
      <div className={css.sizes}>
        {options.sizes.map((one) => {
          const reason = reasonOf(one);
          return (
            <Tile
              key={one.id}
              group="size"
              value={one.id}
              chosen={chosen === one.id}
              reason={reason}
              choose={choose}
            >
              <span className={css.name}>{one.name}</span>
              <span className={css.more}>{[size(one), ...gpuWords(one.gpus)].join(", ")}</span>
              {reason && (
                <span className={css.why}>
                  <IconLock size={14} aria-hidden />
                  {reason}
                </span>
              )}
            </Tile>
          );
        })}
        <Tile group="size" value={custom} chosen={chosen === custom} reason={ownReason} choose={choose}>
          <span className={css.name}>Custom</span>
          <span className={css.more}>{upTo(options)}</span>
          {ownReason && (
            <span className={css.why}>
              <IconLock size={14} aria-hidden />
              {ownReason}
            </span>
          )}
        </Tile>
      </div>
    </fieldset>
  );
}

/** What figures of one's own may be. */
function upTo(options: LaunchOptions): string {
  const { max_cpus: cpus, max_memory_mb: memoryMb } = options;
  if (cpus !== null && memoryMb !== null) return `Up to ${size({ cpus, memory_mb: memoryMb })}`;
  if (cpus !== null) return `Up to ${short(cpus, 2)} CPU`;
  return memoryMb === null ? "As you need it" : `Up to ${memory(memoryMb)}`;
}

/** The figures by slider and by typing, within the bounds that the server gave. */
export function CustomSize(props: {
  options: LaunchOptions;
  cpus: number;
  memoryMb: number;
  gpus: Record<string, number>;
  change: (next: Partial<Draft>) => void;
}) {
  const { options, cpus, memoryMb, gpus, change } = props;
  return (
    <div className={css.custom}>
      <Bounded
        label="CPU"
        value={cpus}
        least={options.min_cpus}
        most={options.max_cpus}
        step={cpuStep(options.max_cpus ?? 8)}
        words={(value) => short(value, 2)}
        change={(value) => change({ cpus: value })}
      />
      <Bounded
        label="Memory in MB"
        value={memoryMb}
        least={options.min_memory_mb}
        most={options.max_memory_mb}
        step={memoryStep(options.max_memory_mb ?? 65_536)}
        words={memory}
        change={(value) => change({ memoryMb: Math.round(value) })}
      />
      {(options.container?.gpus ?? []).map((gpu) => (
        <Bounded
          key={gpu.id}
          label={`${gpu.name} GPUs`}
          value={gpus[gpu.id] ?? 0}
          least={0}
          most={gpu.max}
          step={1}
          words={String}
          change={(value) => change({ gpus: { ...gpus, [gpu.id]: Math.round(value) } })}
        />
      ))}
      <p className={css.bounds}>
        {[
          options.bounds,
          ...(options.container?.gpus ?? []).map((gpu) => `${gpu.name} GPUs: ${gpu.bounds}`),
        ].join(" ")}
      </p>
    </div>
  );
}

function Bounded(props: {
  label: string;
  value: number;
  least: number;
  /** Without one there is nothing to slide along. */
  most: number | null;
  step: number;
  words: (value: number) => string;
  change: (value: number) => void;
}) {
  const { label, value, least, most, step, words, change } = props;
  const set = (next: number) => change(within(next, least, most));
  return (
    <div>
      <div className={css.bound}>
        <NumberInput
          size="xs"
          label={label}
          value={value}
          min={least}
          max={most ?? undefined}
          step={step}
          clampBehavior="blur"
          allowNegative={false}
          hideControls
          className={css.number}
          onChange={(next) => {
            if (typeof next === "number") change(next);
          }}
          onBlur={() => set(value)}
        />
        <span className="small">
          <b>{words(value)}</b>{" "}
          <span className="dim">
            {most === null ? `${words(least)} or more` : `from ${words(least)} to ${words(most)}`}
          </span>
        </span>
      </div>
      {most !== null && (
        <Slider
          value={within(value, least, most)}
          onChange={set}
          min={least}
          max={most}
          step={step}
          size={5}
          thumbSize={24}
          thumbLabel={`${label}, slider`}
          label={null}
        />
      )}
    </div>
  );
}
