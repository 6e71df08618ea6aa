/** The names by which the pages call what the API sends. */
import type { components, operations } from "./schema";

type Schemas = components["schemas"];

export type Session = Schemas["SessionView"];
export type State = Schemas["StateName"];
export type Me = Schemas["Me"];
export type SignIn = Schemas["SignInView"];
export type Token = Schemas["TokenView"];
export type NewToken = Schemas["NewTokenView"];
export type Scope = Schemas["ScopeName"];
export type LaunchOptions = Schemas["LaunchOptions"];
export type Launch = Schemas["Launch"];
export type NewSize = Schemas["Resume"];
export type WhatIf = Schemas["WhatIfView"];
export type Decided = Schemas["FieldView"];
export type WhatIfQuestion = operations["showWhatIf"]["parameters"]["query"];
export type Usage = Schemas["UsageHistory"];
export type Configuration = Schemas["ConfigurationView"];
export type Setting = Schemas["SettingView"];
export type Told = Schemas["DiagnosticView"];
export type Reloaded = Schemas["ReloadedView"];
/** One line of the `usage` event. */
export type UsageNews = Schemas["UsageNow"];
