import { useHotkeys } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { Dialog } from "./dialogs";
import css from "./Keys.module.css";

const keys = [
  ["n", "New Session"],
  ["/", "Filter the sessions"],
  ["?", "These keys"],
  ["Esc", "Close what is open"],
] as const;

/** The page's keys. None is needed: everything is reached without them too. */
export function usePageKeys(showKeys: () => void): void {
  const navigate = useNavigate();
  // One dialog at a time: what is open keeps the keys to itself.
  const alone = (act: () => void) => () => {
    if (!document.querySelector("[role=dialog]")) act();
  };
  const filter = () => {
    const field = document.querySelector<HTMLInputElement>("[data-filter]");
    field?.focus();
    field?.select();
  };
  useHotkeys([
    ["n", alone(() => void navigate({ to: "/", search: (old) => ({ ...old, new: "1" }) }))],
    ["shift+?", alone(showKeys)],
    ["?", alone(showKeys)],
    ["/", alone(filter)],
  ]);
}

export function KeysDialog({ close }: { close: () => void }) {
  return (
    <Dialog title="Keys" size={360} close={close}>
      <dl className={css.keys}>
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
