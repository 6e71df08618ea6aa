/** What the configuration files say, where, and what is wrong in them. For administrators. */
import { Button, Switch } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { answered, client } from "../api/client";
import { configurationQuery } from "../api/queries";
import type { Configuration as InForce, Reloaded } from "../api/types";
import { Cli } from "../parts/Cli";
import { Filter } from "../parts/Filter";
import { useLive } from "../parts/live";
import { LoadFailed, Notices } from "../parts/Notices";
import { Note, PageHead, Panel } from "../parts/Page";
import { Changes } from "./configuration/Changes";
import css from "./configuration/Configuration.module.css";
import { Diagnostics } from "./configuration/Diagnostics";
import { matching } from "./configuration/filter";
import { SettingTable } from "./configuration/SettingTable";

const page = getRouteApi("/administration/admin/configuration");

export function Configuration() {
  const { all } = page.useSearch();
  const found = useQuery({
    ...configurationQuery(all === "1"),
    staleTime: 0,
    placeholderData: (before) => before,
  });
  const reload = useReload();
  return (
    <>
      <PageHead title="Configuration" sub={found.data && summary(found.data)}>
        <Button
          leftSection={<IconRefresh size={16} />}
          loading={reload.isPending}
          onClick={() => reload.mutate()}
        >
          Reload
        </Button>
      </PageHead>
      <Notices />
      <div className="stack">
        {reload.data && <Answer reloaded={reload.data} />}
        {found.error && (
          <LoadFailed
            what="The configuration could not be loaded."
            error={found.error}
            again={() => void found.refetch()}
          />
        )}
        {found.data && (
          <>
            <Waiting configuration={found.data} />
            {found.data.diagnostics.length > 0 && (
              <Panel title="To know" note="what Carrel says about these files" flush>
                <Diagnostics told={found.data.diagnostics} />
              </Panel>
            )}
            <Settings configuration={found.data} />
          </>
        )}
      </div>
    </>
  );
}

function Settings({ configuration }: { configuration: InForce }) {
  const { q = "", all } = page.useSearch();
  const navigate = page.useNavigate();
  const { settings, folders } = configuration;
  const shown = matching(settings, q);
  return (
    <Panel
      title="Settings"
      note={q ? `${shown.length} of ${settings.length}` : settings.length}
      flush
      end={
        <>
          <Switch
            label="Also what no file sets"
            checked={all === "1"}
            onChange={(event) => {
              const next = event.currentTarget.checked ? "1" : undefined;
              void navigate({ search: (now) => ({ ...now, all: next }), replace: true });
            }}
          />
          <Filter
            label="Filter settings"
            placeholder="Option, value or file"
            text={q}
            change={(text) =>
              void navigate({ search: (now) => ({ ...now, q: text || undefined }), replace: true })
            }
          />
        </>
      }
    >
      {settings.length === 0 ? (
        <Nothing folders={folders} />
      ) : shown.length === 0 ? (
        <p className={css.nothing}>Nothing matches “{q}”.</p>
      ) : (
        <SettingTable settings={shown} />
      )}
      <div className={css.command}>
        <p className="small dim">The same by command</p>
        <Cli command={all === "1" ? "carrel config show --all" : "carrel config show"} />
      </div>
    </Panel>
  );
}

function useReload() {
  const queries = useQueryClient();
  const live = useLive();
  return useMutation({
    mutationFn: () => answered(client.POST("/api/v1/admin/configuration/reload")),
    onSuccess: (reloaded) => {
      live.dismiss();
      live.announce(words(reloaded).join(" "));
      // What changed may be on any page: the name of the place, limits, what can be launched.
      if (reloaded.applied) void queries.invalidateQueries();
    },
    onError: (error) => live.fail("The files were not read again.", error),
  });
}

function summary({ files, folders }: InForce): string {
  if (files.length === 0) return "No files: defaults and the command line hold.";
  const count = files.length === 1 ? "1 file" : `${files.length} files`;
  return `${count} read from ${folders.join(", ")}.`;
}

/** What came of reading the files again: the fact, and what follows. */
function words({ applied, changes }: Reloaded): [string, string] {
  if (!applied) {
    return ["The files have errors.", "What was in force before still is. Correct them, then reload."];
  }
  const [first] = changes;
  if (!first) return ["The files were read again.", "They say nothing else than before."];
  const count = changes.length === 1 ? "1 change" : `${changes.length} changes`;
  const later = changes.filter((change) => change.needs_restart).length;
  if (later === 0) return [`The files were read again: ${count}.`, "Now in force."];
  if (later === changes.length) return [`The files were read again: ${count}.`, "In force after a restart."];
  return [
    `The files were read again: ${count}.`,
    `${changes.length - later} now in force, ${later} after a restart.`,
  ];
}

function Answer({ reloaded }: { reloaded: Reloaded }) {
  const { applied, changes, diagnostics } = reloaded;
  const [fact, then] = words(reloaded);
  return (
    <>
      <Note kind={applied ? "ok" : "bad"} fact={fact}>
        {then}
      </Note>
      {!applied && (
        <Panel title="Errors" flush>
          <Diagnostics told={diagnostics.filter((one) => one.level === "error")} />
        </Panel>
      )}
      {applied && changes.length > 0 && (
        <Panel title="What changed" flush>
          <Changes changes={changes} />
        </Panel>
      )}
    </>
  );
}

function Waiting({ configuration }: { configuration: InForce }) {
  const waiting = configuration.waits_for_restart;
  if (waiting.length === 0) return null;
  return (
    <Note kind="warn" fact="Waits for a restart:">
      {waiting.map((change) => change.text.replace(/, after a restart$/, "")).join("; ")}
    </Note>
  );
}

function Nothing({ folders }: { folders: string[] }) {
  return (
    <p className={css.nothing}>
      No file sets anything. Carrel looks in {folders.length > 0 ? folders.join(", ") : "no folder"}.
    </p>
  );
}
