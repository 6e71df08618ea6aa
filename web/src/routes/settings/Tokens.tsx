import { Button } from "@mantine/core";
import { IconPlus, IconTerminal2 } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, done } from "../../api/client";
import { keys, meQuery, tokensQuery } from "../../api/queries";
import type { Token } from "../../api/types";
import { Cli } from "../../parts/Cli";
import { useLive } from "../../parts/live";
import { LoadFailed } from "../../parts/Notices";
import { useNow } from "../../parts/now";
import { Panel } from "../../parts/Page";
import { toast } from "../../parts/toast";
import { When } from "../../parts/When";
import { tokenCommand } from "../../words/command";
import { NewToken } from "./NewToken";
import css from "./settings.module.css";

export function Tokens() {
  const { data: me } = useQuery(meQuery);
  const tokens = useQuery({ ...tokensQuery, staleTime: 0 });
  const [making, setMaking] = useState(false);
  return (
    <Panel
      title="Tokens"
      note="for the command line and scripts"
      flush
      end={
        <Button size="xs" leftSection={<IconPlus size={15} />} onClick={() => setMaking(true)}>
          New token
        </Button>
      }
    >
      {tokens.error ? (
        <div className={css.problem}>
          <LoadFailed
            what="Your tokens could not be loaded."
            error={tokens.error}
            again={() => void tokens.refetch()}
          />
        </div>
      ) : tokens.data?.length === 0 ? (
        <p className={css.nothing}>No tokens yet.</p>
      ) : (
        <TokenTable tokens={tokens.data ?? []} />
      )}
      <div className={css.command}>
        <p className="small dim">On the server’s host the same is done by</p>
        {me && <Cli command={tokenCommand(me.name, "laptop-cli", "full", 90)} />}
      </div>
      {making && <NewToken close={() => setMaking(false)} />}
    </Panel>
  );
}

function TokenTable({ tokens }: { tokens: Token[] }) {
  return (
    <div className="table-scroll">
      <table className="table">
        <caption className="unseen">Tokens</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">May</th>
            <th scope="col">Made</th>
            <th scope="col">Last used</th>
            <th scope="col">Ends</th>
            <th scope="col">
              <span className="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <Row key={token.id} token={token} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const week = 7 * 86_400_000;

function Row({ token }: { token: Token }) {
  const queries = useQueryClient();
  const live = useLive();
  const revoke = useMutation({
    mutationFn: () => done(client.DELETE("/api/v1/tokens/{id}", { params: { path: { id: token.id } } })),
    onSuccess: () => {
      const words = `${token.name} is revoked`;
      toast(words, "What uses it is refused from now on.");
      live.announce(words);
      void queries.invalidateQueries({ queryKey: keys.tokens });
    },
    onError: (error) => live.fail(`${token.name} was not revoked.`, error),
  });
  return (
    <tr>
      <td>
        <span className="row">
          <IconTerminal2 size={18} stroke={1.6} color="var(--ink-2)" aria-hidden />
          <span className={css.name}>{token.name}</span>
        </span>
      </td>
      <td data-label="May" className="dim">
        {token.scope === "full" ? "Everything you may" : "Look, change nothing"}
      </td>
      <td data-label="Made" data-half className="dim">
        <When at={token.created_at} />
      </td>
      <td data-label="Last used" data-half className="dim">
        {token.last_used_at ? <When at={token.last_used_at} /> : "never"}
      </td>
      <td data-label="Ends" data-half className="dim">
        <Ends at={token.expires_at} />
      </td>
      <td>
        <Button
          size="xs"
          variant="default"
          loading={revoke.isPending}
          onClick={() => revoke.mutate()}
          aria-label={`Revoke ${token.name}`}
        >
          Revoke
        </Button>
      </td>
    </tr>
  );
}

function Ends({ at }: { at: string | null }) {
  const now = useNow();
  if (!at) return "never";
  const left = Date.parse(at) - now.getTime();
  const style = left < 0 ? css.ended : left < week ? css.soon : undefined;
  return (
    <span className={style}>
      {left < 0 ? "ended " : ""}
      <When at={at} />
    </span>
  );
}
