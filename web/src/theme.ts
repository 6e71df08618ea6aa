/** Mantine's theme, drawn from the tokens of styles/tokens.css: the library gets our variables, not colours of its own. */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

// Mantine wants ten shades that it can calculate with. All that shows is set by [resolver] from the tokens.
const lamp: MantineColorsTuple = [
  "#eaf5f1",
  "#d5eae3",
  "#aad6c8",
  "#7cc1ac",
  "#55b797",
  "#2f9a7c",
  "#178067",
  "#0b6b57",
  "#085647",
  "#063f34",
];

export const theme = createTheme({
  primaryColor: "lamp",
  primaryShade: { light: 7, dark: 4 },
  colors: { lamp },
  fontFamily: "var(--sans)",
  fontFamilyMonospace: "var(--mono)",
  headings: { fontFamily: "var(--serif)", fontWeight: "620" },
  fontSizes: { xs: "12.5px", sm: "13.5px", md: "14px", lg: "16px", xl: "18px" },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  radius: { xs: "4px", sm: "6px", md: "8px", lg: "12px", xl: "16px" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    // Text on the accent is white in light and dark green in dark: a token of ours.
    Button: {
      defaultProps: { size: "sm" },
      styles: { root: { fontWeight: 550 } },
      vars: (_theme: unknown, props: { variant?: string }) => ({
        root: (props.variant ?? "filled") === "filled" ? { "--button-color": "var(--on-accent)" } : {},
      }),
    },
    Checkbox: { vars: () => ({ root: { "--checkbox-icon-color": "var(--on-accent)" } }) },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Modal: { defaultProps: { transitionProps: { duration: 120 } } },
    SegmentedControl: { defaultProps: { withItemsBorders: false, size: "xs", transitionDuration: 120 } },
    InputWrapper: { styles: { label: { fontWeight: 600, marginBottom: 5 } } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, multiline: true, maw: 320 } },
    // The placeholder is a child that role=menu does not allow.
    Menu: {
      defaultProps: {
        withInitialFocusPlaceholder: false,
        position: "bottom-end",
        width: 220,
        transitionProps: { duration: 120 },
      },
    },
    Tabs: { defaultProps: { keepMounted: false } },
  },
});

const tokens = {
  "--mantine-color-body": "var(--canvas)",
  "--mantine-color-text": "var(--ink)",
  "--mantine-color-bright": "var(--ink)",
  "--mantine-color-dimmed": "var(--ink-2)",
  "--mantine-color-placeholder": "var(--ink-3)",
  "--mantine-color-error": "var(--st-fail)",
  "--mantine-color-anchor": "var(--accent-ink)",
  "--mantine-color-default": "var(--surface)",
  "--mantine-color-default-hover": "var(--hover)",
  "--mantine-color-default-color": "var(--ink)",
  "--mantine-color-default-border": "var(--line-strong)",
  "--mantine-color-disabled": "var(--sunken)",
  "--mantine-color-disabled-color": "var(--ink-3)",
  "--mantine-color-lamp-filled": "var(--accent)",
  "--mantine-color-lamp-filled-hover": "var(--accent-hover)",
  "--mantine-color-lamp-light": "var(--accent-soft)",
  "--mantine-color-lamp-light-hover": "var(--accent-soft-2)",
  "--mantine-color-lamp-light-color": "var(--accent-ink)",
  "--mantine-primary-color-contrast": "var(--on-accent)",
  "--mantine-color-gray-light": "var(--st-none-bg)",
  "--mantine-color-gray-light-hover": "var(--st-none-bg)",
  "--mantine-color-gray-light-color": "var(--ink-2)",
};

export const resolver: CSSVariablesResolver = () => ({ variables: {}, light: tokens, dark: tokens });
