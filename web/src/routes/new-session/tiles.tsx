/** The choices of New Session: native radio buttons that look like tiles. */
import { NumberInput, Slider } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { LaunchOptions } from "../../api/types";
import { IdeMark } from "../../parts/marks";
import { memory, short, size } from "../../words/numbers";
import { whoWords } from "../../words/sentence";
import { cpuStep, custom, memoryStep, within } from "./draft";
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
              <span className={css.more}>{size(one)}</span>
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
          <span className={css.more}>
            Up to {size({ cpus: options.max_cpus, memory_mb: options.max_memory_mb })}
          </span>
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

/** Both figures by slider and by typing, within the bounds that the server gave. */
export function CustomSize(props: {
  options: LaunchOptions;
  cpus: number;
  memoryMb: number;
  change: (cpus: number, memoryMb: number) => void;
}) {
  const { options, cpus, memoryMb, change } = props;
  return (
    <div className={css.custom}>
      <Bounded
        label="CPU"
        value={cpus}
        least={options.min_cpus}
        most={options.max_cpus}
        step={cpuStep(options.max_cpus)}
        words={(value) => short(value, 2)}
        change={(value) => change(value, memoryMb)}
      />
      <Bounded
        label="Memory in MB"
        value={memoryMb}
        least={options.min_memory_mb}
        most={options.max_memory_mb}
        step={memoryStep(options.max_memory_mb)}
        words={memory}
        change={(value) => change(cpus, Math.round(value))}
      />
      <p className={css.bounds}>{options.bounds}</p>
    </div>
  );
}

function Bounded(props: {
  label: string;
  value: number;
  least: number;
  most: number;
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
          max={most}
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
            from {words(least)} to {words(most)}
          </span>
        </span>
      </div>
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
    </div>
  );
}
