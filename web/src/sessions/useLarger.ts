import { useQuery } from "@tanstack/react-query";
import { optionsQuery } from "../api/queries";
import type { NewSize, Session } from "../api/types";
import { memory } from "../words/numbers";
import { larger } from "./larger";

/** The size that may cure a session which ran out of memory, and what the button says; nothing for all others. */
export function useLarger(session: Session): { size: NewSize; text: string } | undefined {
  const lacks = session.state === "Failed" && session.cause?.code === "out-of-memory";
  const { data } = useQuery({ ...optionsQuery(), enabled: lacks });
  const next = lacks && data ? larger(session, data) : undefined;
  if (!next) return undefined;
  const { memory_mb: memoryMb, ...named } = next;
  const size = named.resource_profile ? named : { memory_mb: memoryMb };
  return { size, text: `Start again with ${memory(memoryMb)}` };
}
