/** Where I am signed in, what may act for me, and how the pages look. */
import { SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { meQuery } from "../api/queries";
import { Notices } from "../parts/Notices";
import { PageHead, Panel } from "../parts/Page";
import { SignIns } from "./settings/SignIns";
import { Tokens } from "./settings/Tokens";

export function Settings() {
  const { data: me } = useQuery(meQuery);
  return (
    <>
      <PageHead title="Settings" sub={me && `${me.display_name}, ${me.name}`} />
      <Notices />
      <div className="stack">
        <SignIns />
        <Tokens />
        <Look />
        {me && (
          <p className="small faint">
            Carrel {me.version}
            {me.site_name !== "Carrel" && ` at ${me.site_name}`}
          </p>
        )}
      </div>
    </>
  );
}

function Look() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Panel title="Colours" note="kept in this browser">
      <SegmentedControl
        size="sm"
        aria-label="Colours"
        value={colorScheme}
        onChange={(value) => setColorScheme(value as typeof colorScheme)}
        data={[
          { value: "auto", label: "As the system" },
          { value: "light", label: "Light" },
          { value: "dark", label: "Dark" },
        ]}
      />
    </Panel>
  );
}
