import { Menu, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconKeyboard, IconLogout, IconLogout2, IconSettings } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { client, done } from "../api/client";
import { root } from "../api/root";
import type { Me } from "../api/types";
import { useLive } from "./live";
import css from "./UserMenu.module.css";

function initials(name: string): string {
  const words = name.split(/[\s.@_-]+/).filter(Boolean);
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase())
    .join("");
}

function Avatar({ name }: { name: string }) {
  return (
    <span className={css.avatar} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

/** Ends this sign-in, or all of them, and leaves for the page that says so. */
export function useSignOut() {
  const live = useLive();
  return useMutation({
    mutationFn: (everywhere: boolean) =>
      done(everywhere ? client.DELETE("/api/v1/sign-ins") : client.POST("/api/v1/sign-out")),
    onSuccess: () => location.assign(`${root}/signed-out`),
    onError: (error) => live.fail("You are still signed in.", error),
  });
}

export function UserMenu({ me, small, showKeys }: { me: Me; small?: boolean; showKeys: () => void }) {
  const signOut = useSignOut();
  return (
    <Menu position={small ? "bottom-end" : "top-start"}>
      <Menu.Target>
        <UnstyledButton className={small ? css.small : css.me}>
          <Avatar name={me.display_name} />
          {small && <span className="unseen">{me.display_name}</span>}
          {!small && (
            <>
              <span className="grow">
                <span className={`${css.name} cut`} title={me.display_name}>
                  {me.display_name}
                </span>
                <span className={`${css.role} cut`}>{me.role}</span>
              </span>
              <IconChevronDown size={14} aria-hidden />
            </>
          )}
          <span className="unseen">, your menu</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/settings" leftSection={<IconSettings size={16} />}>
          Settings
        </Menu.Item>
        <Menu.Item onClick={showKeys} leftSection={<IconKeyboard size={16} />}>
          Keys
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => signOut.mutate(false)} leftSection={<IconLogout size={16} />}>
          Sign out
        </Menu.Item>
        <Menu.Item onClick={() => signOut.mutate(true)} leftSection={<IconLogout2 size={16} />}>
          Sign out everywhere
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
