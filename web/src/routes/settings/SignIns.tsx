import { Button } from "@mantine/core";
import { IconDeviceDesktop, IconDeviceMobile } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, done } from "../../api/client";
import { keys, signInsQuery } from "../../api/queries";
import type { SignIn } from "../../api/types";
import { useLive } from "../../parts/live";
import { LoadFailed } from "../../parts/Notices";
import { Panel } from "../../parts/Page";
import { toast } from "../../parts/toast";
import { useSignOut } from "../../parts/UserMenu";
import { When } from "../../parts/When";
import { browserName, isPhone } from "../../words/browser";
import css from "./settings.module.css";

export function SignIns() {
  const signIns = useQuery({ ...signInsQuery, staleTime: 0 });
  const others = useEnd();
  const everywhere = useSignOut();
  const rows = signIns.data ?? [];
  return (
    <Panel
      title="Sign-ins"
      note="where you are signed in"
      flush
      end={
        <>
          {rows.length > 1 && (
            <Button
              size="xs"
              variant="default"
              loading={others.isPending}
              onClick={() => others.mutate(undefined)}
            >
              Sign out everywhere else
            </Button>
          )}
          <Button
            size="xs"
            variant="default"
            loading={everywhere.isPending}
            onClick={() => everywhere.mutate(true)}
          >
            Sign out everywhere
          </Button>
        </>
      }
    >
      {signIns.error ? (
        <div className={css.problem}>
          <LoadFailed
            what="Your sign-ins could not be loaded."
            error={signIns.error}
            again={() => void signIns.refetch()}
          />
        </div>
      ) : (
        <div className="table-scroll" aria-busy={signIns.isPending}>
          <table className="table">
            <caption className="unseen">Sign-ins</caption>
            <thead>
              <tr>
                <th scope="col">Where</th>
                <th scope="col">Address</th>
                <th scope="col">Last used</th>
                <th scope="col">Ends</th>
                <th scope="col">
                  <span className="unseen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((signIn) => (
                <Row key={signIn.id} signIn={signIn} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

/** Ends one sign-in, or without an id all but this one. */
function useEnd() {
  const queries = useQueryClient();
  const live = useLive();
  return useMutation({
    mutationFn: (signIn: SignIn | undefined) =>
      done(
        signIn
          ? client.DELETE("/api/v1/sign-ins/{id}", { params: { path: { id: signIn.id } } })
          : client.DELETE("/api/v1/sign-ins", { params: { query: { keep: "this" } } }),
      ),
    onSuccess: (_, signIn) => {
      const words = signIn ? `${browserName(signIn.user_agent)} is signed out` : "Signed out everywhere else";
      toast(words);
      live.announce(words);
      void queries.invalidateQueries({ queryKey: keys.signIns });
    },
    onError: (error) => live.fail("The sign-in was not ended.", error),
  });
}

function Row({ signIn }: { signIn: SignIn }) {
  const end = useEnd();
  const name = browserName(signIn.user_agent);
  const Icon = isPhone(signIn.user_agent) ? IconDeviceMobile : IconDeviceDesktop;
  return (
    <tr>
      <td>
        <span className="row">
          <Icon size={20} stroke={1.6} color="var(--ink-2)" aria-hidden />
          <span title={signIn.user_agent}>
            <span className={css.name}>{name}</span>
            {signIn.current && <span className={css.current}>This browser</span>}
          </span>
        </span>
      </td>
      <td data-label="Address" className="dim">
        {signIn.address}
      </td>
      <td data-label="Last used" data-half className="dim">
        <When at={signIn.last_seen_at} />
      </td>
      <td data-label="Ends" data-half className="dim">
        <When at={signIn.expires_at} />
      </td>
      <td>
        {!signIn.current && (
          <Button
            size="xs"
            variant="default"
            loading={end.isPending}
            onClick={() => end.mutate(signIn)}
            aria-label={`Sign out ${name}`}
          >
            Sign out
          </Button>
        )}
      </td>
    </tr>
  );
}
