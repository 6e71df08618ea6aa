/** The pages and what of them stands in the address. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  parseSearchWith,
  stringifySearchWith,
} from "@tanstack/react-router";
import type { UsageWindow } from "./api/queries";
import { root as basepath } from "./api/root";
import { LiveProvider } from "./parts/live";
import { Shell } from "./parts/Shell";
import { Administration } from "./routes/Administration";
import { Configuration } from "./routes/Configuration";
import { Home } from "./routes/Home";
import { NotFound, PageFailed } from "./routes/NotFound";
import { SessionPage } from "./routes/SessionPage";
import { Settings } from "./routes/Settings";
import { Start } from "./routes/Start";
import { WhatIf } from "./routes/WhatIf";
import type { Show, Sort } from "./sessions/list";

const oneOf = <T extends string>(value: unknown, allowed: readonly T[]): T | undefined =>
  allowed.find((one) => one === value);
const text = (value: unknown) => (value === undefined || value === "" ? undefined : String(value));

export interface HomeSearch {
  show?: Show | "history";
  q?: string;
  sort?: Sort;
  /** Opens New Session; the value is the IDE that is chosen, or 1 for the default. */
  new?: string;
}

export const tabs = ["overview", "usage", "events", "logs"] as const;
export type Tab = (typeof tabs)[number];

/** Which settings are shown. */
export interface ConfigurationSearch {
  q?: string;
  /** Also those that no file sets. */
  all?: "1";
}

/** The question of What-if. */
export interface WhatIfSearch {
  user?: string;
  ide?: string;
  size?: string;
  r?: string;
  image?: string;
  gpus?: string;
  placement?: string;
}

export interface SessionSearch {
  tab?: Tab;
  window?: UsageWindow;
}

const root = createRootRoute({
  component: () => (
    <LiveProvider>
      <Shell />
    </LiveProvider>
  ),
  notFoundComponent: NotFound,
  errorComponent: ({ error }) => <PageFailed error={error} />,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: Home,
  validateSearch: (search: Record<string, unknown>): HomeSearch => ({
    show: oneOf(search.show, ["running", "not-running", "history"] as const),
    q: text(search.q),
    sort: oneOf(search.sort, ["name", "used", "created"] as const),
    new: text(search.new),
  }),
});

const session = createRoute({
  getParentRoute: () => root,
  path: "/sessions/$id",
  component: SessionPage,
  validateSearch: (search: Record<string, unknown>): SessionSearch => ({
    tab: oneOf(search.tab, ["usage", "events", "logs"] as const),
    window: oneOf(search.window, ["24h", "7d"] as const),
  }),
});

const start = createRoute({ getParentRoute: () => root, path: "/sessions/$id/start", component: Start });
const administration = createRoute({
  getParentRoute: () => root,
  id: "administration",
  component: Administration,
});
const configuration = createRoute({
  getParentRoute: () => administration,
  path: "/admin/configuration",
  component: Configuration,
  validateSearch: (search: Record<string, unknown>): ConfigurationSearch => ({
    q: text(search.q),
    all: oneOf(text(search.all), ["1"] as const),
  }),
});
const whatIf = createRoute({
  getParentRoute: () => administration,
  path: "/admin/what-if",
  component: WhatIf,
  validateSearch: (search: Record<string, unknown>): WhatIfSearch => ({
    user: text(search.user),
    ide: text(search.ide),
    size: text(search.size),
    r: text(search.r),
    image: text(search.image),
    gpus: text(search.gpus),
    placement: text(search.placement),
  }),
});
const settings = createRoute({ getParentRoute: () => root, path: "/settings", component: Settings });

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    session,
    start,
    settings,
    administration.addChildren([configuration, whatIf]),
  ]),
  basepath: basepath || "/",
  scrollRestoration: true,
  // Plain words in the address: `?q=2024`, not `?q="2024"`.
  parseSearch: parseSearchWith((value) => value),
  stringifySearch: stringifySearchWith(String),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
