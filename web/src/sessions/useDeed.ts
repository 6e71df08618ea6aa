/** Does something with a session, puts the answer where it is shown, and says what was done or why not. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Deed, perform } from "../api/deeds";
import { putSession } from "../api/events";
import type { Session } from "../api/types";
import { useLive } from "../parts/live";
import { toast } from "../parts/toast";
import { moment } from "../words/time";

interface Order {
  session: Session;
  deed: Deed;
}

const undone: Record<Deed["verb"], string> = {
  suspend: "was not suspended.",
  resume: "was not started.",
  quit: "was not ended.",
  "force-quit": "was not ended.",
  keep: "is not kept.",
  rename: "was not renamed.",
};

function doneWords({ session, deed }: Order): [string, string?] {
  switch (deed.verb) {
    case "suspend":
      return [`${session.name} is being suspended`, "It is kept, and Resume brings it back."];
    case "resume":
      return [`${session.name} is starting`];
    case "quit":
      return [`${session.name} is being ended`, "Saved files are safe. It stays in History."];
    case "force-quit":
      return [`${session.name} is being killed`, "Saved files are safe. It stays in History."];
    case "keep":
      if (!deed.until) return [`The idle clock of ${session.name} runs again`];
      return [
        `${session.name} is kept until ${moment(new Date(deed.until), new Date())}`,
        "After that the idle clock runs again.",
      ];
    case "rename":
      return [`${session.name} is now called ${deed.name}`];
  }
}

export function useDeed() {
  const queries = useQueryClient();
  const live = useLive();
  return useMutation({
    mutationFn: ({ session, deed }: Order) => perform(session.id, deed),
    onSuccess: (session, order) => {
      live.dismiss();
      putSession(queries, session);
      const [title, message] = doneWords(order);
      toast(title, message);
      live.announce(message ? `${title}. ${message}` : title);
    },
    onError: (error, { session, deed }) => {
      // The dialog that renames shows its own problem, at the field.
      if (deed.verb !== "rename") live.fail(`${session.name} ${undone[deed.verb]}`, error);
    },
  });
}
