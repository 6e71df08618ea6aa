/** What the configuration files say, where, and what is wrong in them. For administrators. */
import { Button, Switch } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client } from "../api/client";
import { configurationQuery, keys } from "../api/queries";
import type { Configuration as InForce, Reloaded } from "../api/types";
import { Cli } from "../parts/Cli";
import { useLive } from "../parts/live";
import { LoadFailed, Notices } from "../parts/Notices";
import { Note, PageHead, Panel } from "../parts/Page";
import { toast } from "../parts/toast";
import css from "./configuration/Configuration.module.css";
import { Diagnostics } from "./configuration/Diagnostics";
import { SettingTable } from "./configuration/SettingTable";

export function Configuration() {
  const [all, setAll] = useState(false);
  const found = useQuery({ ...configurationQuery(all), staleTime: 0, placeholderData: (before) => before });
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
        {reload.data && !reload.data.applied && <Refused reloaded={reload.data} />}
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
            <Panel
              title="Settings"
              flush
              end={
                <Switch
                  label="What no file sets, too"
                  checked={all}
                  onChange={(event) => setAll(event.currentTarget.checked)}
                />
              }
            >
              {found.data.settings.length === 0 ? (
                <Nothing folders={found.data.folders} />
              ) : (
                <SettingTable settings={found.data.settings} />
              )}
              <div className={css.command}>
                <p className="small dim">The same by command</p>
                <Cli command="carrel config reload" />
              </div>
            </Panel>
          </>
        )}
      </div>
    </>
  );
}

function useReload() {
  const queries = useQueryClient();
  const live = useLive();
  return useMutation({
    mutationFn: () => answered(client.POST("/api/v1/admin/configuration/reload")),
    onSuccess: (reloaded) => {
      if (reloaded.applied) {
        const changes = reloaded.changes.length;
        const words = changes === 0 ? "Nothing changed" : changes === 1 ? "1 change" : `${changes} changes`;
        toast("The files were read again", `${words}.`);
        live.announce(`The files were read again: ${words}.`);
      } else {
        live.announce("The files have errors. What was in force before still is.");
      }
      void queries.invalidateQueries({ queryKey: keys.configuration });
    },
    onError: (error) => live.fail("The files were not read again.", error),
  });
}

function summary({ files, folders }: InForce): string {
  if (files.length === 0) return "No files: defaults and the command line hold.";
  const count = files.length === 1 ? "1 file" : `${files.length} files`;
  return `${count} read from ${folders.join(", ")}.`;
}

/** The files were read again and not taken. */
function Refused({ reloaded }: { reloaded: Reloaded }) {
  const errors = reloaded.diagnostics.filter((one) => one.level === "error");
  return (
    <>
      <Note kind="bad" fact="The files have errors.">
        What was in force before still is. Correct them and reload.
      </Note>
      <Panel title="Errors" flush>
        <Diagnostics told={errors} />
      </Panel>
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
