//! The accounts and groups of a container, with the user of the session among them. Pure.

/// What an image without accounts gets besides the user.
const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
/// What an image without groups gets besides those of the user.
const GROUP: &str = "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n";

/// The account of a session, as it stands in passwd and group files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its name.
    pub(crate) name: String,
    /// User id; never 0.
    pub(crate) uid: u32,
    /// Primary group id; never 0.
    pub(crate) gid: u32,
    /// The home folder, absolute.
    pub(crate) home: String,
    /// The login shell, absolute.
    pub(crate) shell: String,
    /// Supplementary groups: name and id.
    pub(crate) groups: Vec<(String, u32)>,
}

impl Account {
    /// What is wrong with it, if something is.
    pub(crate) fn check(&self) -> Result<(), String> {
        let names = self.groups.iter().map(|(name, _)| name).chain([&self.name]);
        if let Some(name) = names.into_iter().find(|name| !is_name(name)) {
            return Err(format!("{name:?} is no name of an account or group"));
        }
        for path in [&self.home, &self.shell] {
            if !path.starts_with('/') || !is_field(path) {
                return Err(format!("{path:?} is no absolute path without colons"));
            }
        }
        if self.uid == 0 || self.gid == 0 || self.groups.iter().any(|(_, id)| *id == 0) {
            return Err("root's ids are not given to a session".into());
        }
        Ok(())
    }

    /// The accounts of an image, with this one in the place of those that have its name or id.
    pub(crate) fn merged_passwd(&self, image: &str) -> String {
        let Self { name, uid, gid, home, shell, .. } = self;
        let line = format!("{name}:x:{uid}:{gid}::{home}:{shell}");
        merged(if image.trim().is_empty() { PASSWD } else { image }, &[(name, *uid)], &[line])
    }

    /// The groups of an image, with those of this account in the place of those that have their names or ids.
    pub(crate) fn merged_group(&self, image: &str) -> String {
        let Self { name, gid, groups, .. } = self;
        let mut ours: Vec<(&str, u32)> = groups.iter().map(|(name, id)| (name.as_str(), *id)).collect();
        let mut lines: Vec<String> = groups.iter().map(|(group, id)| format!("{group}:x:{id}:{name}")).collect();
        // The primary group has the name of the account, unless it is one of the others or another has that name.
        if ours.iter().all(|(group, id)| id != gid && group != name) {
            ours.push((name, *gid));
            lines.push(format!("{name}:x:{gid}:"));
        }
        merged(if image.trim().is_empty() { GROUP } else { image }, &ours, &lines)
    }
}

fn is_name(text: &str) -> bool {
    // passwd(5) reads a + or - at the beginning as something else.
    !text.is_empty() && !text.starts_with(['+', '-']) && !text.contains(['/', ',']) && is_field(text)
}

fn is_field(text: &str) -> bool {
    !text.contains(|c: char| c == ':' || c.is_control())
}

/// The lines of `image` but for those with one of these names or ids, and then `lines`.
fn merged(image: &str, ours: &[(&str, u32)], lines: &[String]) -> String {
    let is_ours = |line: &&str| {
        let mut fields = line.split(':');
        let (name, id) = (fields.next(), fields.nth(1).and_then(|id| id.parse::<u32>().ok()));
        ours.iter().any(|(own, own_id)| name == Some(*own) || id == Some(*own_id))
    };
    let kept = image.lines().filter(|line| !line.trim().is_empty() && !is_ours(line));
    kept.chain(lines.iter().map(String::as_str)).flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada(groups: &[(&str, u32)]) -> Account {
        Account {
            name: "ada".into(),
            uid: 20001,
            gid: 20001,
            home: "/home/ada".into(),
            shell: "/bin/bash".into(),
            groups: groups.iter().map(|(name, id)| ((*name).to_owned(), *id)).collect(),
        }
    }

    #[test]
    fn the_account_takes_the_place_of_those_with_its_name_or_id() {
        let image = "root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/old:/bin/sh\n\
                     rstudio:x:20001:20001::/home/rstudio:/bin/bash\n\nwww-data:x:33:33:www-data:/var/www:/bin/false";
        assert_eq!(
            ada(&[]).merged_passwd(image),
            "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/bin/false\n\
             ada:x:20001:20001::/home/ada:/bin/bash\n"
        );
    }

    #[test]
    fn groups_take_the_place_of_those_with_their_names_or_ids() {
        let image = "root:x:0:\nscience:x:7:\nstaff:x:30001:\nada:x:1000:\nusers:x:100:\n";
        assert_eq!(
            ada(&[("science", 30001)]).merged_group(image),
            "root:x:0:\nusers:x:100:\nscience:x:30001:ada\nada:x:20001:\n"
        );
    }

    #[test]
    fn a_primary_group_that_has_a_name_keeps_it() {
        assert_eq!(ada(&[("team", 20001)]).merged_group("root:x:0:\n"), "root:x:0:\nteam:x:20001:ada\n");
        assert_eq!(ada(&[("ada", 7)]).merged_group("root:x:0:\n"), "root:x:0:\nada:x:7:ada\n");
    }

    #[test]
    fn an_image_without_accounts_gets_root_and_nobody() {
        assert_eq!(ada(&[]).merged_passwd(""), format!("{PASSWD}ada:x:20001:20001::/home/ada:/bin/bash\n"));
        assert_eq!(ada(&[]).merged_group("\n"), format!("{GROUP}ada:x:20001:\n"));
    }

    #[test]
    fn what_would_make_another_line_or_root_is_refused() {
        assert_eq!(ada(&[("science", 30001)]).check(), Ok(()));
        for name in ["", "a:b", "a\nroot", "+ada", "-", "a/b", "a,b", "a\0"] {
            assert!(Account { name: name.into(), ..ada(&[]) }.check().is_err(), "{name:?}");
            assert!(ada(&[(name, 7)]).check().is_err(), "{name:?}");
        }
        for path in ["", "home/ada", "/home/a:b", "/home/a\nb"] {
            assert!(Account { home: path.into(), ..ada(&[]) }.check().is_err(), "{path:?}");
            assert!(Account { shell: path.into(), ..ada(&[]) }.check().is_err(), "{path:?}");
        }
        assert!(Account { uid: 0, ..ada(&[]) }.check().is_err());
        assert!(Account { gid: 0, ..ada(&[]) }.check().is_err());
        assert!(ada(&[("wheel", 0)]).check().is_err());
    }
}
