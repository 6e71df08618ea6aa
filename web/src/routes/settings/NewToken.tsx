import { Button, NativeSelect, Radio, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, client } from "../../api/client";
import { fieldOf, problemIn } from "../../api/problem";
import { keys, meQuery } from "../../api/queries";
import type { NewToken as Made, Scope } from "../../api/types";
import { Cli, Copy } from "../../parts/Cli";
import { Dialog } from "../../parts/dialogs";
import { ProblemText } from "../../parts/Notices";
import { Note } from "../../parts/Page";
import { tokenCommand } from "../../words/command";
import css from "./settings.module.css";

const ends = [
  { value: "7", label: "After 7 days" },
  { value: "30", label: "After 30 days" },
  { value: "90", label: "After 90 days" },
  { value: "365", label: "After a year" },
  { value: "", label: "Never" },
];

/** Makes a token and shows its secret, once. */
export function NewToken({ close }: { close: () => void }) {
  const queries = useQueryClient();
  const { data: me } = useQuery(meQuery);
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Scope>("full");
  const [days, setDays] = useState("90");
  const expires = days === "" ? null : Number(days);
  const make = useMutation({
    mutationFn: () =>
      answered(
        client.POST("/api/v1/tokens", { body: { name: name.trim(), scope, expires_in_days: expires } }),
      ),
    onSuccess: () => void queries.invalidateQueries({ queryKey: keys.tokens }),
  });
  if (make.data) return <Secret token={make.data} close={close} />;
  const problem = make.error ? problemIn(make.error) : undefined;
  const atName = problem && fieldOf(problem) === "name";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Dialog title="New token" close={close}>
      <form className="stack" onSubmit={submit} noValidate>
        {problem && !atName && (
          <Note kind="bad" fact="It was not made.">
            <ProblemText problem={problem} />
          </Note>
        )}
        <TextInput
          data-autofocus
          label="Name"
          description="Where it will be used"
          placeholder="laptop-cli"
          value={name}
          error={atName ? problem.detail : undefined}
          autoComplete="off"
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Radio.Group label="It may" value={scope} onChange={(value) => setScope(value as Scope)}>
          <div className="stack" style={{ gap: 8, paddingTop: 4 }}>
            <Radio value="full" label="Do everything that you may" />
            <Radio value="read" label="Look, and change nothing" />
          </div>
        </Radio.Group>
        <NativeSelect
          label="It ends"
          data={ends}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
        />
        {me && <Cli command={tokenCommand(me.name, name, scope, expires)} />}
        <div className={css.buttons}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={make.isPending}>
            Make token
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Secret({ token, close }: { token: Made; close: () => void }) {
  return (
    <Dialog title={token.name} close={close}>
      <div className="stack">
        <p>Copy the secret now. It is not shown again; whoever has it acts as you.</p>
        <div className={css.secret}>
          <code>{token.secret}</code>
          <Copy text={token.secret} label="Copy secret" />
        </div>
        <div className={css.buttons}>
          <Button onClick={close} data-autofocus>
            Done
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
