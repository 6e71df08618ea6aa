import { UnstyledButton } from "@mantine/core";
import { IconLoader2, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { optionsQuery } from "../../api/queries";
import type { LaunchOptions } from "../../api/types";
import { useLive } from "../../parts/live";
import { IdeMark } from "../../parts/marks";
import { useOpenWhenReady } from "../../sessions/preferences";
import { useLaunch } from "../../sessions/useLaunch";
import { size } from "../../words/numbers";
import css from "./QuickStarts.module.css";

export type QuickStart = {
  ide: string;
  name: string;
  sizeId: string | undefined;
  sizeName: string;
  what: string;
};

/** What can be started with one click: the IDEs that are there, in the usual size. */
export function quickStarts(options: LaunchOptions, most: number): QuickStart[] {
  const usual =
    options.sizes.find((one) => one.id === options.default_size && one.available) ??
    options.sizes.find((one) => one.available);
  if (!usual) return [];
  return options.ides
    .filter((ide) => ide.available)
    .slice(0, most)
    .map((ide) => ({
      ide: ide.id,
      name: ide.name,
      sizeId: usual.id,
      sizeName: usual.name,
      what: size(usual),
    }));
}

/** Starts one at once and goes where its start is seen; what fails stands under the page's title. */
export function useQuickStart() {
  const [open] = useOpenWhenReady();
  const launch = useLaunch(open);
  const live = useLive();
  return {
    pending: launch.isPending ? launch.variables.ide : undefined,
    start: (choice: QuickStart) => {
      if (launch.isPending) return;
      launch.mutate(
        { ide: choice.ide, resource_profile: choice.sizeId },
        { onError: (error) => live.fail(`${choice.name} was not started.`, error) },
      );
    },
  };
}

export function QuickStarts() {
  const { data: options } = useQuery(optionsQuery());
  const { pending, start } = useQuickStart();
  const choices = options ? quickStarts(options, 4) : [];
  if (choices.length === 0) return null;
  return (
    <ul className={css.starts} aria-label="Quick start">
      {choices.map((choice) => (
        <li key={choice.ide}>
          <UnstyledButton className={css.start} onClick={() => start(choice)}>
            <span className="unseen">Start</span>
            <IdeMark ide={choice.ide} size={30} />
            <span className="grow">
              <span className={`${css.name} cut`}>{choice.name}</span>
              <span className={`${css.size} cut`}>
                {choice.sizeName}: {choice.what}
              </span>
            </span>
            {pending === choice.ide ? (
              <IconLoader2 size={16} className="turning" aria-hidden />
            ) : (
              <IconPlus size={16} aria-hidden />
            )}
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}
