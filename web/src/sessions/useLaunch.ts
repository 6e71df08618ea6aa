/** Launches a session and goes on to where its start is seen. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { launch } from "../api/deeds";
import { putSession } from "../api/events";
import { useLive } from "../parts/live";
import { toast } from "../parts/toast";

export function useLaunch(openWhenReady: boolean) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const live = useLive();
  return useMutation({
    mutationFn: launch,
    onSuccess: (session) => {
      live.dismiss();
      putSession(queries, session);
      void queries.invalidateQueries({ queryKey: ["launch-options"] });
      if (openWhenReady) {
        void navigate({ to: "/sessions/$id/start", params: { id: session.id } });
      } else {
        toast(`${session.name} is starting`);
        live.announce(`${session.name} is starting`);
        void navigate({ to: "/" });
      }
    },
  });
}
