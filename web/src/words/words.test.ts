import { describe, expect, it } from "vitest";
import { browserName } from "./browser";
import { launchCommand, quoted, sessionCommand, tokenCommand, whatIfCommand } from "./command";
import { cpusOf, fullness, gpuWords, memory, memoryOf, percent, size } from "./numbers";

describe("numbers", () => {
  it("have one unit per pair", () => {
    expect(memoryOf(3174, 8192)).toBe("3.1 of 8 GB");
    expect(memoryOf(310, 512)).toBe("310 of 512 MB");
    expect(cpusOf(1.62, 2)).toBe("1.6 of 2");
    expect([1536, 512, 0].map(memory)).toEqual(["1.5 GB", "512 MB", "0 GB"]);
    expect(size({ cpus: 0.5, memory_mb: 512 })).toBe("0.5 CPU, 512 MB");
    expect(gpuWords({ nvidia: 1, amd: 2, other: 0 })).toEqual(["1 NVIDIA GPU", "2 AMD GPUs"]);
  });

  it("warn when something is nearly full", () => {
    expect([50, 86, 99.6].map(fullness)).toEqual([undefined, "warn", "bad"]);
    expect(percent(3, 2)).toBe(100);
    expect(percent(1, 0)).toBe(0);
  });
});

describe("commands", () => {
  it("are complete", () => {
    expect(launchCommand({ ide: "jupyterlab", name: "churn-model", resource_profile: "small" })).toBe(
      "carrel session launch --ide jupyterlab --name churn-model --resource-profile small",
    );
    expect(launchCommand({ ide: "vscode", folder: "/data/x", cpus: 2, memory_mb: 4096 })).toBe(
      "carrel session launch --ide vscode --folder /data/x --cpus 2 --memory-mb 4096",
    );
    expect(launchCommand({ ide: "vscode", env: { A: "1", B: "two words" } })).toBe(
      "carrel session launch --ide vscode --env A=1 --env 'B=two words'",
    );
    const inPods = { image: "ghcr.io/x/r:4.5", gpus: { nvidia: 1 }, placement: { pool: "high", zone: "a" } };
    expect(launchCommand({ ide: "vscode", ...inPods })).toBe(
      "carrel session launch --ide vscode --image ghcr.io/x/r:4.5 --gpus nvidia:1 --placement pool:high --placement zone:a",
    );
    expect(launchCommand({ ide: "rstudio", r_version: "/opt/R/4.3.1" })).toBe(
      "carrel session launch --ide rstudio --r-version /opt/R/4.3.1",
    );
    expect(whatIfCommand({ user: "ada", ide: "vscode", gpus: "1", placement: "pool:high" })).toBe(
      "carrel what-if --user ada --ide vscode --gpus 1 --placement pool:high",
    );
    expect(whatIfCommand({ user: "ada", r_version: "/opt/R/4.3.1" })).toBe(
      "carrel what-if --user ada --r-version /opt/R/4.3.1",
    );
    const token = "carrel token create --user ada --name ci";
    expect(tokenCommand("ada", "ci", "read", 30)).toBe(`${token} --read-only --expires-in 30`);
    expect(tokenCommand("ada", "ci", "full", null)).toBe(`${token} --expires-in 0`);
  });

  it("can be pasted whatever a session is called", () => {
    expect(quoted("it's $(rm -rf /)")).toBe(`'it'\\''s $(rm -rf /)'`);
    expect(sessionCommand("show", "two words")).toBe("carrel session show 'two words'");
    expect(sessionCommand("show", "🚀")).toBe("carrel session show '🚀'");
  });
});

describe("browsers", () => {
  it("are known by their name and system", () => {
    const edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0";
    expect(browserName(edge)).toBe("Edge on Windows");
    expect(browserName("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0")).toBe("Firefox on Linux");
    expect(browserName("carrel/0.1.0")).toBe("Carrel command line");
    expect(browserName("")).toBe("Unknown browser");
  });
});
