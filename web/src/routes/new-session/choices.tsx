/** What New Session asks where there is something to choose: which R; of containers the image, and on which nodes. */
import { Autocomplete, Select, TextInput } from "@mantine/core";
import type { Field } from "../../api/problem";
import type { LaunchOptions } from "../../api/types";
import { type Draft, fixedPlacement, imageOf, imagesOf, other, rVersionOf } from "./draft";
import css from "./tiles.module.css";

interface Props {
  draft: Draft;
  options: LaunchOptions;
  change: (next: Partial<Draft>) => void;
  /** What is wrong with a field. */
  at: (...fields: Field[]) => string | undefined;
}

export function Choices(props: Props) {
  const { container, r_versions } = props.options;
  if (!container && r_versions.length === 0) return null;
  return (
    <div className={css.choices}>
      {r_versions.length > 0 && <RVersion {...props} />}
      {container && <Image {...props} />}
      {container?.placement.map((one) => (
        <Placement key={one.label} {...props} one={one} />
      ))}
    </div>
  );
}

function RVersion({ draft, options, change, at }: Props) {
  const chosen = rVersionOf(draft, options);
  const named = options.r_versions.find((one) => one.id === chosen);
  return (
    <Select
      label="R"
      data={options.r_versions.map(({ id, name }) => ({ value: id, label: name }))}
      value={chosen}
      allowDeselect={false}
      description={named?.name === chosen ? undefined : chosen}
      inputWrapperOrder={["label", "input", "description", "error"]}
      error={at("r")}
      onChange={(rVersion) => rVersion && change({ rVersion })}
    />
  );
}

function Image({ draft, options, change, at }: Props) {
  const { offered } = imagesOf(draft, options);
  const chosen = imageOf(draft, options);
  const { other_images, images_by } = options.container ?? { other_images: false, images_by: "" };
  const data = offered.map(({ id, name }) => ({ value: id, label: name }));
  if (other_images && offered.length > 0) data.push({ value: other, label: "Another image…" });
  const named = chosen === other;
  return (
    <>
      {data.length > 0 && (
        <Select
          label="Image"
          data={data}
          value={chosen}
          allowDeselect={false}
          description={named ? undefined : chosen}
          inputWrapperOrder={["label", "input", "description", "error"]}
          error={named ? undefined : at("image")}
          onChange={(image) => image && change({ image })}
        />
      )}
      {named && (
        <TextInput
          label={data.length > 0 ? "Name of the image" : "Image"}
          placeholder="registry.example.org/team/r-session:4.5"
          value={draft.ownImage}
          error={at("image")}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => change({ ownImage: event.currentTarget.value })}
        />
      )}
      {data.length === 0 && !named && <p className={css.noImage}>No image may be had. {images_by}</p>}
    </>
  );
}

type PlacementOption = NonNullable<LaunchOptions["container"]>["placement"][number];

function Placement({ draft, options, change, at, one }: Props & { one: PlacementOption }) {
  const { label, values, free } = one;
  const fixed = fixedPlacement(draft, options)[label];
  const title = `Node: ${label}`;
  const set = (value: string) => change({ placement: { ...draft.placement, [label]: value } });
  if (fixed !== undefined) {
    return (
      <TextInput
        label={title}
        value={fixed}
        disabled
        description="Set by the size"
        inputWrapperOrder={["label", "input", "description", "error"]}
        readOnly
      />
    );
  }
  if (free) {
    return (
      <Autocomplete
        label={title}
        data={values}
        value={draft.placement[label] ?? ""}
        placeholder="Any"
        error={at("placement")}
        autoComplete="off"
        onChange={set}
      />
    );
  }
  return (
    <Select
      label={title}
      data={[{ value: "", label: "Any" }, ...values.map((value) => ({ value, label: value }))]}
      value={draft.placement[label] ?? ""}
      allowDeselect={false}
      error={at("placement")}
      onChange={(value) => set(value ?? "")}
    />
  );
}
