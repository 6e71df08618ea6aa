// Sessions, settings and measurements that never were: what the mock server tells.
// For development and pictures only; nothing of this folder is built into Carrel.

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

export const ago = (ms) => new Date(Date.now() - ms).toISOString();
const hence = (ms) => ago(-ms);

const ides = {
  jupyterlab: "JupyterLab",
  notebook: "Jupyter Notebook",
  vscode: "VS Code",
  rstudio: "RStudio",
};
const words = { Queued: "Pending" };
const stepNames = ["accepted", "room-found", "image-present", "storage-attached", "ide-answers"];
const stepTexts = ["Accepted", "Room found", "Programs present", "Storage attached", "IDE answers"];

const next = {
  Queued: ["cancel", "Cancel"],
  Starting: ["watch", "Watch"],
  Active: ["open", "Open"],
  Idle: ["open", "Open"],
  Suspended: ["resume", "Resume"],
  Failed: ["start-again", "Start again"],
  Lost: ["details", "Details"],
};

const wave = (base, swing, pace) =>
  Array.from({ length: 40 }, (_, i) =>
    Math.max(0, base + swing * Math.sin(i * pace) + swing * 0.6 * Math.sin(i * pace * 2.7 + 1)),
  );

/** A session in a state, with what follows from the state; `over` says the rest. */
export function session(id, name, ide, state, over = {}) {
  const running = state === "Active" || state === "Idle";
  const [action, text] = next[state] ?? ["none", ""];
  const base = {
    id,
    name,
    ide,
    ide_name: ides[ide],
    state,
    word: words[state] ?? state,
    sentence: `It is ${state.toLowerCase()}.`,
    next: { action, text },
    steps: [],
    step: null,
    cause: null,
    owner: "ada",
    cluster: "local",
    r_version: null,
    image: null,
    cpu_request: null,
    memory_request_mb: null,
    gpus: {},
    placement: {},
    resource_profile: "small",
    cpus: 1,
    memory_mb: 2048,
    folder: null,
    url: `/s/${id}/`,
    created_at: ago(3 * hour),
    since: ago(47 * minute),
    started_at: running ? ago(47 * minute) : null,
    last_active_at: running ? ago(5 * second) : null,
    idle: running
      ? { since: null, ends_at: null, action: "suspend", busy_because: null, keep_until: null }
      : null,
    generation: 1,
    usage: null,
    may: {
      open: running,
      suspend: running || state === "Starting" || state === "Lost",
      resume: state === "Suspended" || state === "Failed",
      quit: state !== "Stopped" && state !== "Stopping",
      force_quit: running || ["Starting", "Suspending", "Stopping", "Lost"].includes(state),
      rename: state !== "Stopped",
      keep: running,
    },
  };
  return { ...base, ...over, may: { ...base.may, ...over.may } };
}

const usage = (cpus, memory_mb, base, swing, pace) => ({
  cpus,
  memory_mb,
  cpu_history: wave(base, swing, pace),
});

export function starting(id = "k3v9", over = {}) {
  const times = [24, 23.9, 21.5];
  const steps = stepNames.map((step, i) => ({
    step,
    number: i + 1,
    text: stepTexts[i],
    began_at: i < 3 ? ago(times[i] * second) : null,
    done_at: i < 2 ? ago(times[i + 1] * second) : null,
    detail: i === 2 ? "JupyterLab is being copied: 61 %" : i === 1 ? "On this machine" : null,
  }));
  return session(id, "churn-model", "jupyterlab", "Starting", {
    resource_profile: "medium",
    cpus: 2,
    memory_mb: 4096,
    since: ago(24 * second),
    created_at: ago(24 * second),
    steps,
    step: { n: 3, of: 5, text: "Programs present", detail: "61 %" },
    ...over,
  });
}

export const active = () =>
  session("q7m2", "sales-forecast", "jupyterlab", "Active", {
    cpus: 2,
    memory_mb: 8192,
    resource_profile: "medium",
    generation: 2,
    sentence: "Counts as in use: kernel running for 14 min.",
    idle: {
      since: null,
      ends_at: null,
      action: "suspend",
      busy_because: "kernel running for 14 min",
      keep_until: null,
    },
    usage: usage(1.6, 3174, 1.25, 0.5, 0.42),
  });

export const failed = () =>
  session("w8r1", "big-join", "notebook", "Failed", {
    since: ago(25 * minute),
    sentence: "Out of memory (2.0 of 2 GB) at 13:52. Saved files are safe.",
    cause: {
      code: "out-of-memory",
      text: "Out of memory (2.0 of 2 GB) at 13:52. Saved files are safe.",
      who: "you",
    },
  });

export const suspended = () =>
  session("n5t0", "gene-panel", "rstudio", "Suspended", {
    since: ago(20 * hour),
    last_active_at: ago(22 * hour),
    sentence: "Files and the R workspace are kept.",
    resource_profile: "medium",
    cpus: 2,
    memory_mb: 4096,
  });

export const sessions = () => [
  suspended(),
  starting(),
  active(),
  session("p1x8", "course-week-7", "notebook", "Active", {
    sentence: "In use now.",
    usage: usage(0.2, 1126, 0.22, 0.18, 0.9),
    idle: {
      since: null,
      ends_at: hence(2 * hour),
      action: "suspend",
      busy_because: null,
      keep_until: null,
    },
  }),
  session("b4d6", "eda-scratch", "vscode", "Idle", {
    since: ago(108 * minute),
    last_active_at: ago(113 * minute),
    sentence: "Without use for 1 h 48 min; suspends in 12 min.",
    idle: {
      since: ago(108 * minute),
      ends_at: hence(12 * minute),
      action: "suspend",
      busy_because: null,
      keep_until: null,
    },
    usage: usage(0.02, 1843, 0.03, 0.02, 0.6),
  }),
  session("g2f5", "vision-finetune", "vscode", "Queued", {
    since: ago(40 * second),
    resource_profile: "large",
    cpus: 4,
    memory_mb: 16384,
    sentence: "Waits for room: 4 CPU are asked for and 2 are free.",
    cause: { code: "no-room", text: "Waits for room: 4 CPU are asked for and 2 are free.", who: "nobody" },
  }),
  failed(),
  session(
    "z0l3",
    "<b>nightly</b> 🚀 with a name that is rather longer than any row has room for",
    "vscode",
    "Lost",
    {
      since: ago(3 * minute),
      last_active_at: ago(4 * minute),
      sentence: "Its agent does not answer. It is asked again every few seconds.",
      cause: { code: "agent-silent", text: "Its agent does not answer.", who: "nobody" },
    },
  ),
];

export const many = (count) => {
  const states = ["Active", "Idle", "Suspended", "Failed", "Active", "Suspended"];
  const kinds = Object.keys(ides);
  return Array.from({ length: count }, (_, i) =>
    session(`m${i}`, `experiment-${i + 1}`, kinds[i % kinds.length], states[i % states.length], {
      last_active_at: ago(i * 11 * minute),
      sentence: states[i % states.length] === "Failed" ? "The IDE ended with status 1." : "Files are kept.",
      usage: states[i % states.length] === "Active" ? usage(0.4, 700, 0.4, 0.2, 0.5) : null,
    }),
  );
};

export const stopped = () =>
  ["old-report", "thesis-ch4", "try-polars", "teaching-2", "sql-check"].map((name, i) =>
    session(`h${i}`, name, Object.keys(ides)[i % 4], "Stopped", {
      since: ago((i + 1) * 19 * hour),
      sentence: "It was ended.",
      cause:
        i % 2
          ? {
              code: "ide-quit",
              text: "The IDE ended without an error: shut down from inside, or by a signal from outside Carrel.",
              who: "you",
            }
          : null,
    }),
  );

export const me = () => ({
  id: "u1",
  name: "ada",
  display_name: "Ada Byron",
  role: "superuser",
  use: { sessions: 5, cpus: 6, memory_mb: 22 * 1024 },
  account: null,
  limits: { sessions: null, cpus: 16, memory_mb: 64 * 1024 },
  site_name: "Northfield",
  version: "0.1.0",
  warnings: [],
  notices: [],
});

export const configuration = () => ({
  folders: ["/etc/rstudio"],
  files: [{ name: "rserver.conf", path: "/etc/rstudio/rserver.conf", meaning: "The server." }],
  settings: [
    setting("www-port", "8787", "8787", "used", "", true),
    setting("server-license-type", "remote", "local", "no-effect", "Carrel needs no license", false),
  ],
  diagnostics: [
    {
      at: "/etc/rstudio/rserver.conf:3",
      level: "warning",
      code: "unknown-key",
      text: "rserver.conf has no such key",
      found: "www-prot",
      allowed: null,
      meant: "www-port",
    },
  ],
  waits_for_restart: [],
});

const setting = (key, value, fallback, role, why, needs_restart) => ({
  file: "rserver.conf",
  key,
  value,
  default: fallback,
  source: "/etc/rstudio/rserver.conf:1",
  role,
  why,
  needs_restart,
});

export const options = () => ({
  clusters: [{ id: "local", name: "This machine" }],
  ides: [
    {
      id: "jupyterlab",
      name: "JupyterLab",
      version: "4.5.1",
      icon: "jupyterlab",
      images: null,
      available: true,
      cause: null,
    },
    {
      id: "notebook",
      name: "Notebook",
      version: "7.5.0",
      icon: "notebook",
      images: null,
      available: true,
      cause: null,
    },
    {
      id: "vscode",
      name: "VS Code",
      version: "4.106.2",
      icon: "vscode",
      images: null,
      available: true,
      cause: null,
    },
    {
      id: "rstudio",
      name: "RStudio",
      version: null,
      icon: "rstudio",
      images: null,
      available: false,
      cause: {
        code: "program-missing",
        text: "The program rserver is not installed on this machine.",
        who: "administrator",
      },
    },
  ],
  sizes: [
    {
      id: "small",
      name: "Small",
      cpus: 1,
      memory_mb: 2048,
      gpus: {},
      placement: {},
      available: true,
      cause: null,
    },
    {
      id: "medium",
      name: "Medium",
      cpus: 2,
      memory_mb: 4096,
      gpus: {},
      placement: {},
      available: true,
      cause: null,
    },
    {
      id: "large",
      name: "Large",
      cpus: 16,
      memory_mb: 131072,
      gpus: {},
      placement: {},
      available: false,
      cause: { code: "over-limit", text: "You have 10 CPU left.", who: "administrator" },
    },
  ],
  default_ide: "jupyterlab",
  default_size: "small",
  suggested_name: "analysis-4",
  min_cpus: 0.1,
  max_cpus: 8,
  min_memory_mb: 256,
  max_memory_mb: 32768,
  bounds: "The most CPUs and memory are set by the profile of the group “ml”.",
  custom: { cpus: 1, memory_mb: 2048, available: true, cause: null },
  r_versions: [],
  container: null,
  home: "/home/ada",
});

const image = (id) => ({ id, name: id.split("/").pop() });
const imagesOfPods = {
  offered: [
    "registry.example.org/team/python:3.14",
    "registry.example.org/team/r-session:4.5.2",
    "registry.example.org/team/cuda:12.8",
  ].map(image),
  usual: "registry.example.org/team/python:3.14",
};

/** Where sessions run in pods. */
export const pods = () => ({
  ...options(),
  clusters: [{ id: "Kubernetes", name: "Kubernetes" }],
  ides: options().ides.map((ide) => ({ ...ide, images: imagesOfPods })),
  sizes: [
    ...options().sizes.slice(0, 2),
    {
      ...options().sizes[2],
      id: "gpu",
      name: "GPU",
      cpus: 4,
      memory_mb: 16384,
      gpus: { nvidia: 1 },
      placement: { pool: "gpu" },
      available: true,
      cause: null,
    },
    {
      ...options().sizes[2],
      id: "gpu-four",
      name: "Four GPUs",
      gpus: { nvidia: 4 },
      cause: {
        code: "size-not-allowed",
        text: "It has 4 NVIDIA GPUs, and the profile of everybody allows at most 2.",
        who: "administrator",
      },
    },
  ],
  max_memory_mb: null,
  r_versions: [
    { id: "/opt/R/4.5.2", name: "R 4.5.2" },
    { id: "/opt/R/4.4.3", name: "/opt/R/4.4.3" },
  ],
  bounds: "The most CPUs are set by the profile of everybody; memory has no bound.",
  container: {
    other_images: true,
    images_by: "Other images may be named, by the profile of everybody.",
    gpus: [
      { id: "nvidia", name: "NVIDIA", usual: 0, max: 2, bounds: "At most 2, by the profile of everybody." },
    ],
    placement: [
      { label: "pool", values: ["highmem", "gpu"], free: false },
      { label: "topology.kubernetes.io/zone", values: ["a", "b"], free: true },
    ],
  },
});

/** Of somebody whose profile allows named sizes only. */
export const limited = () => ({
  ...options(),
  custom: {
    ...options().custom,
    available: false,
    cause: {
      code: "no-custom-size",
      text: "Only the named sizes are allowed by the profile of the group “interns”.",
      who: "administrator",
    },
  },
});

export const events = () =>
  [
    ["ready", "The IDE answers, 2.1 s after the start.", null, 47 * minute],
    ["step", "Started, waiting for the IDE to answer.", null, 47 * minute + 2000],
    ["resume", "Resume: accepted.", "ada", 47 * minute + 2400],
    ["suspended", "Suspended after the time without use that is allowed.", null, 19 * hour],
    ["idle", "Nobody uses it.", null, 21 * hour],
    ["ready", "The IDE answers, 3.4 s after the start.", null, 24 * hour],
    ["accepted", "New Session: accepted.", "ada", 24 * hour + 4000],
  ].map(([code, text, who, past], i) => ({
    seq: 7 - i,
    at: ago(past),
    generation: i < 3 ? 2 : 1,
    code,
    text,
    who,
  }));

export function measured(window) {
  const span = { "1h": hour, "24h": 24 * hour, "7d": 7 * 24 * hour }[window] ?? hour;
  const points = Array.from({ length: 60 }, (_, i) => ({
    at: ago(span - (i * span) / 59),
    cpus: i < 14 ? 0.1 : Math.max(0.1, 1.2 + 0.5 * Math.sin(i * 0.5) + 0.2 * Math.sin(i * 1.7)),
    memory_mb: Math.round(820 + 2354 * Math.min(1, Math.max(0, (i - 12) / 34))),
    processes: 9,
  })).filter((_, i) => window !== "7d" || i < 20 || i > 30);
  return { cpus_limit: 2, memory_mb_limit: 8192, points };
}

export const log = `carrel-agent: generation 2, starting jupyter-lab on a Unix socket
[I 13:31:37.118 ServerApp] jupyterlab | extension was successfully loaded.
[I 13:31:38.240 ServerApp] Jupyter Server 2.17.0 is running
carrel-agent: ready after 2.1 s
[I 13:31:41.007 ServerApp] Kernel started: 5f0c2d1e (python3)
[W 13:44:02.551 ServerApp] Notebook train.ipynb is not trusted
\u001b[32mepoch 1/20\u001b[0m  loss 0.4121  val 0.4390   162 s
epoch 2/20  loss 0.3644  val 0.4012   162 s
UserWarning: DataLoader uses 1 worker; 2 are suggested
Traceback (most recent call last):
  File "train.py", line 40, in <module>
MemoryError: Unable to allocate 1.2 GiB
`;

export const signIns = () => [
  {
    id: "s1",
    current: true,
    address: "10.4.2.18",
    user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    created_at: ago(2 * hour),
    last_seen_at: ago(1000),
    expires_at: hence(10 * hour),
  },
  {
    id: "s2",
    current: false,
    address: "10.9.1.3",
    user_agent:
      "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Safari/604.1",
    created_at: ago(30 * hour),
    last_seen_at: ago(3 * hour),
    expires_at: hence(9 * hour),
  },
  {
    id: "s3",
    current: false,
    address: "2001:db8:85a3::8a2e:370:7334",
    user_agent:
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0",
    created_at: ago(60 * hour),
    last_seen_at: ago(50 * hour),
    expires_at: hence(5 * hour),
  },
];

const days = (n) => n * 24 * hour;
export const tokens = () => [
  {
    id: "t1",
    name: "laptop-cli",
    scope: "full",
    created_at: ago(days(29)),
    expires_at: hence(days(61)),
    last_used_at: ago(4 * minute),
  },
  {
    id: "t2",
    name: "ci-loader",
    scope: "read",
    created_at: ago(days(85)),
    expires_at: hence(days(5)),
    last_used_at: ago(days(1)),
  },
  {
    id: "t3",
    name: "old-notebook",
    scope: "read",
    created_at: ago(days(200)),
    expires_at: ago(days(90)),
    last_used_at: null,
  },
];

const rules = "/mnt/configmap/rstudio/launcher.kubernetes.profiles.conf";
const field = (name, value, from) => ({ name, value, from });

/** What somebody would get who asks; a size called huge would be refused. */
export const whatIf = (user, size) => ({
  user,
  groups: ["genomics", "gpu-users"],
  rights: [
    field("container-images", ["team/python:3.14", "team/r-session:4.5.2"], `${rules}:4 [*]`),
    field("max-cpus", 16, `${rules}:34 [@genomics]`),
    field("max-mem-mb", 131072, `${rules}:35 [@genomics]`),
    field("max-nvidia-gpus", 1, `${rules}:52 [${user}]`),
  ],
  sizes: [
    { id: "small", cpus: 1, memory_mb: 2048, gpus: {}, from: "default", refused: null },
    {
      id: "huge",
      cpus: 64,
      memory_mb: 524288,
      gpus: {},
      from: "/mnt/configmap/rstudio/launcher.kubernetes.resources.conf:9",
      refused: "It has 64 CPUs, and the profile of the group “genomics” allows at most 16.",
    },
  ],
  spec:
    size === "huge"
      ? []
      : [
          field("cluster", "Kubernetes", "default"),
          field("ide", "rstudio", "asked"),
          field("resource_profile", "small", "default"),
          field("cpus", 4, `${rules}:33 [@genomics]`),
          field("memory_mb", 16384, `${rules}:36 [@genomics]`),
          field("image", "team/r-session:4.5.2", `${rules}:31 [@genomics]`),
          field("cpu_request", 0.4, `${rules}:38 [@genomics]`),
          field("gpus.nvidia", 0, `${rules}:52 [${user}]`),
          field("placement.pool", "highmem", "asked"),
          field("ends_after_s", 7200, "default"),
          field("idle_action", "suspend", "default"),
          field("session_limit", 5, "/mnt/configmap/rstudio/profiles:2 [*]"),
          field("uid", 20114, "the account"),
          field("home", `/home/${user}`, "the account"),
        ],
  refused:
    size === "huge"
      ? "the size “huge” cannot be had: It has 64 CPUs, and the profile of the group “genomics” allows at most 16"
      : null,
});
