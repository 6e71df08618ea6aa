import { describe, expect, it } from "vitest";
import { absolute, coarse, deadline, duration, moment, near, relative, stamp } from "./time";

const now = new Date(2026, 10, 22, 14, 18, 5);
const at = (day: number, hour: number, minute: number) => new Date(2026, 10, day, hour, minute);

describe("time", () => {
  it("says a moment with its day only where that is not today", () => {
    expect(moment(at(22, 9, 5), now)).toBe("09:05");
    expect(moment(at(21, 18, 4), now)).toBe("yesterday 18:04");
    expect(moment(at(23, 8, 0), now)).toBe("tomorrow 08:00");
    expect(moment(at(3, 18, 4), now)).toBe("3 Nov 18:04");
    expect(moment(new Date(2025, 10, 3, 18, 4), now)).toBe("3 Nov 2025 18:04");
    expect(stamp(at(21, 18, 4), now)).toBe("Yesterday 18:04");
    expect(stamp(now, now)).toBe("14:18:05");
  });

  it("says durations as people do", () => {
    expect([130, 9_940, 24_600, 61_000].map(duration)).toEqual(["0.1 s", "9.9 s", "24 s", "1 min"]);
    expect([5_000, 6_480_000, 7_200_000, 260_000_000].map(coarse)).toEqual([
      "5 s",
      "1 h 48 min",
      "2 h",
      "3 days",
    ]);
  });

  it("never counts backwards, as a clock that is wrong would make it", () => {
    expect(coarse(-4000)).toBe("0 s");
    expect(duration(-4000)).toBe("0.0 s");
  });

  it("says how long ago or ahead something is", () => {
    const in61days = new Date(now.getTime() + 61 * 86_400_000 + 1000);
    expect(relative(at(22, 14, 4), now)).toBe("14 min ago");
    expect(relative(at(22, 11, 0), now)).toBe("3 h ago");
    expect(relative(in61days, now)).toBe("in 61 days");
    expect(relative(now, now)).toBe("now");
  });

  it("says a deadline both ways, and when it is near", () => {
    expect(deadline(at(22, 14, 31), now)).toBe("in 12 min, at 14:31");
    expect(deadline(new Date(now.getTime() + 20_000), now)).toBe("in less than a minute, at 14:18");
    expect(deadline(at(23, 2, 0), now)).toBe("in 11 h 41 min, tomorrow 02:00");
    expect(near(at(22, 14, 31), now)).toBe(true);
    expect(near(at(22, 14, 34), now)).toBe(false);
  });

  it("writes the exact time for tooltips", () => {
    expect(absolute(now)).toBe("2026-11-22 14:18:05");
  });
});
