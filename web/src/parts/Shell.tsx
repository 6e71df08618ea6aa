/** The frame of all pages: sidebar, or on small screens a bar above and one below. */
import { IconAdjustmentsAlt, IconFlask, IconLayoutList, IconSettings } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { liveQuery, meQuery } from "../api/queries";
import { Colours } from "./Colours";
import { KeysDialog, usePageKeys } from "./Keys";
import { Mark } from "./marks";
import css from "./Shell.module.css";
import { UserMenu } from "./UserMenu";
import { YourUse } from "./YourUse";

const places = [
  { to: "/", label: "Sessions", Icon: IconLayoutList },
  { to: "/settings", label: "Settings", Icon: IconSettings },
] as const;
const administration = [
  { to: "/admin/what-if", label: "What-if", Icon: IconFlask },
  { to: "/admin/configuration", label: "Configuration", Icon: IconAdjustmentsAlt },
] as const;

/** Where one can go, and which of them is here. */
function usePlaces() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const { data: me } = useQuery(meQuery);
  const forAdministrators = me && me.role !== "user" ? administration : [];
  const all = [...places, ...forAdministrators];
  const here = all.find(({ to }) => to !== "/" && path.startsWith(to))?.to ?? "/";
  return { forAdministrators, all, here };
}

function Brand({ size }: { size: number }) {
  return (
    <Link to="/" className={css.brand} aria-label="Carrel, all sessions">
      <Mark size={size} />
      <span className={css.wordmark}>Carrel</span>
    </Link>
  );
}

type PlaceOf = (typeof places)[number] | (typeof administration)[number];

function PlaceLink({ place, here, children }: { place: PlaceOf; here: string; children?: ReactNode }) {
  const { to, label, Icon } = place;
  return (
    <Link to={to} className={css.place} aria-current={here === to ? "page" : undefined}>
      <Icon size={18} stroke={1.7} aria-hidden />
      {label}
      {children}
    </Link>
  );
}

function Sidebar({ showKeys }: { showKeys: () => void }) {
  const { forAdministrators, here } = usePlaces();
  const { data: me } = useQuery(meQuery);
  const { data: sessions } = useQuery(liveQuery);
  return (
    <aside className={css.rail} aria-label="Sidebar">
      <Brand size={28} />
      {me?.site_name && me.site_name !== "Carrel" && <p className={css.site}>{me.site_name}</p>}
      <nav aria-label="Main" className={css.nav}>
        {places.map((place) => (
          <PlaceLink key={place.to} place={place} here={here}>
            {place.to === "/" && sessions && sessions.length > 0 && (
              <span className={`${css.count} num`}>{sessions.length}</span>
            )}
          </PlaceLink>
        ))}
        {forAdministrators.length > 0 && <p className={css.group}>Administration</p>}
        {forAdministrators.map((place) => (
          <PlaceLink key={place.to} place={place} here={here} />
        ))}
      </nav>
      <div className={css.foot}>
        {me && <YourUse me={me} />}
        <div className={css.user}>
          {me ? <UserMenu me={me} showKeys={showKeys} /> : <span className="grow" />}
          <Colours />
        </div>
      </div>
    </aside>
  );
}

function TopBar({ showKeys }: { showKeys: () => void }) {
  const { data: me } = useQuery(meQuery);
  return (
    <aside className={css.top} aria-label="Top bar">
      <Brand size={26} />
      <span className="grow" />
      <Colours size={40} />
      {me && <UserMenu me={me} small showKeys={showKeys} />}
    </aside>
  );
}

function BottomBar() {
  const { all, here } = usePlaces();
  return (
    <nav className={css.bottom} aria-label="Main, small screen">
      {all.map(({ to, label, Icon }) => (
        <Link key={to} to={to} aria-current={here === to ? "page" : undefined}>
          <Icon size={20} stroke={1.7} aria-hidden />
          {label}
        </Link>
      ))}
    </nav>
  );
}

export function Shell() {
  const [keysShown, setKeysShown] = useState(false);
  const showKeys = () => setKeysShown(true);
  usePageKeys(showKeys);
  return (
    <>
      <a className={css.skip} href="#main">
        Skip to content
      </a>
      <div className={css.shell}>
        <Sidebar showKeys={showKeys} />
        <div className={css.column}>
          <TopBar showKeys={showKeys} />
          <main className={css.main} id="main" tabIndex={-1}>
            <div className={css.inner}>
              <Outlet />
            </div>
          </main>
        </div>
      </div>
      <BottomBar />
      {keysShown && <KeysDialog close={() => setKeysShown(false)} />}
    </>
  );
}
