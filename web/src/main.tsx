import "./styles/fonts.css";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/mantine.css";
import "./styles/tables.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { problemIn } from "./api/problem";
import { router } from "./router";
import { resolver, theme } from "./theme";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The event stream keeps what is known up to date; nothing is polled.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      // Asking again helps when the server was away, not when it said no.
      retry: (times, error) => times < 2 && (problemIn(error).status === 0 || problemIn(error).status >= 502),
    },
  },
});

const place = document.getElementById("root");
if (!place) throw new Error("index.html has no element with the id root");

createRoot(place).render(
  <MantineProvider theme={theme} cssVariablesResolver={resolver} defaultColorScheme="auto">
    <QueryClientProvider client={queries}>
      <Notifications position="bottom-center" zIndex={400} />
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>,
);
