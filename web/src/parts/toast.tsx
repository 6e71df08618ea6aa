import { notifications } from "@mantine/notifications";
import { IconCheck } from "@tabler/icons-react";

/** Says that what the user just did was done. Failures stand in the page instead. */
export function toast(title: string, message?: string): void {
  notifications.show({
    title,
    message,
    icon: <IconCheck size={16} />,
    color: "lamp",
    autoClose: 5000,
    // Read out by the page's one live region.
    role: "presentation",
    closeButtonProps: { "aria-label": "Dismiss" },
  });
}
