/** Who, and what they would ask for. */
import { Button, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { optionsQuery } from "../../api/queries";
import { Panel } from "../../parts/Page";
import type { WhatIfSearch } from "../../router";
import css from "./WhatIf.module.css";

type Key = keyof WhatIfSearch;

export function Question(props: {
  asked: WhatIfSearch;
  pending: boolean;
  ask: (asked: WhatIfSearch) => void;
}) {
  const [draft, setDraft] = useState(props.asked);
  const { data: options } = useQuery(optionsQuery());
  const set = (key: Key, value: string | null) => setDraft((before) => ({ ...before, [key]: value ?? "" }));
  const typed = (key: Key) => ({
    value: draft[key] ?? "",
    autoComplete: "off",
    spellCheck: false,
    onChange: (event: { currentTarget: { value: string } }) => set(key, event.currentTarget.value),
  });
  const chosen = (key: Key, data: { value: string; label: string }[]) => ({
    data: [{ value: "", label: "The default" }, ...data],
    value: draft[key] ?? "",
    allowDeselect: false,
    onChange: (value: string | null) => set(key, value),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const said = Object.entries(draft).flatMap(([key, value]) =>
      value?.trim() ? [[key, value.trim()]] : [],
    );
    props.ask(Object.fromEntries(said));
  };
  const named = (list: { id: string; name: string }[] = []) =>
    list.map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Panel title="Question">
      <form className={css.form} onSubmit={submit} noValidate>
        <TextInput label="User" placeholder="ada" {...typed("user")} />
        <Select label="IDE" {...chosen("ide", named(options?.ides))} />
        <Select label="Size" {...chosen("size", named(options?.sizes))} />
        {options && options.r_versions.length > 0 && (
          <TextInput label="R" description="Its folder" placeholder="The default" {...typed("r")} />
        )}
        {options?.container && (
          <>
            <TextInput label="Image" placeholder="The default" {...typed("image")} />
            <TextInput label="GPUs" description="1 for one of NVIDIA, or amd:2" {...typed("gpus")} />
            <TextInput label="Node" description="label:value, with commas between" {...typed("placement")} />
          </>
        )}
        <Button type="submit" loading={props.pending}>
          Ask
        </Button>
      </form>
    </Panel>
  );
}
