/** What it used over time, with its limit as a line. The only page that loads the chart library. */
import "@mantine/charts/styles.css";
import { AreaChart } from "@mantine/charts";
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type UsageWindow, usageQuery } from "../../api/queries";
import type { Session, Usage as UsageData } from "../../api/types";
import { LoadFailed } from "../../parts/Notices";
import { Note, Panel } from "../../parts/Page";
import { type PlotPoint, plotPoints, rightSize, ticksTo } from "../../sessions/plot";
import { cpusOf, memoryOf, short } from "../../words/numbers";
import { absolute, clock, moment } from "../../words/time";

const windows: { value: UsageWindow; label: string }[] = [
  { value: "1h", label: "1 h" },
  { value: "24h", label: "24 h" },
  { value: "7d", label: "7 days" },
];

export default function Usage({ session }: { session: Session }) {
  const { window = "1h" } = useSearch({ from: "/sessions/$id" });
  const navigate = useNavigate({ from: "/sessions/$id" });
  const usage = useQuery(usageQuery(session.id, window));
  return (
    <div className="stack">
      <div>
        <SegmentedControl
          aria-label="How far back"
          value={window}
          data={windows}
          onChange={(next) =>
            void navigate({
              search: { tab: "usage", window: next === "1h" ? undefined : (next as UsageWindow) },
              replace: true,
            })
          }
        />
      </div>
      {usage.error && !usage.data ? (
        <LoadFailed
          what="The usage could not be loaded."
          error={usage.error}
          again={() => void usage.refetch()}
        />
      ) : usage.data ? (
        <Plots usage={usage.data} window={window} />
      ) : (
        <p className="dim" aria-busy="true">
          Loading the usage.
        </p>
      )}
    </div>
  );
}

function Plots({ usage, window }: { usage: UsageData; window: UsageWindow }) {
  const last = usage.points.at(-1);
  if (!last) return <Note kind="info" fact="Nothing was measured in this time." />;
  const hint = window === "7d" ? rightSize(usage) : undefined;
  const points = plotPoints(usage.points);
  const memoryLimit = usage.memory_mb_limit / 1024;
  const peak = Math.max(...usage.points.map((point) => point.cpus));
  const peakMemory = Math.max(...usage.points.map((point) => point.memory_mb));
  return (
    <>
      {hint && (
        <Note kind="hint" fact={hint.fact}>
          {hint.explain}
        </Note>
      )}
      <div className="halves">
        <Plot
          title="CPU"
          now={cpusOf(last.cpus, usage.cpus_limit)}
          peak={cpusOf(peak, usage.cpus_limit)}
          name="cpus"
          points={points}
          limit={usage.cpus_limit}
          colour="var(--c1)"
          unit=""
        />
        <Plot
          title="Memory"
          now={memoryOf(last.memory_mb, usage.memory_mb_limit)}
          peak={memoryOf(peakMemory, usage.memory_mb_limit)}
          name="memory"
          points={points}
          limit={memoryLimit}
          colour="var(--c2)"
          unit=" GB"
        />
      </div>
    </>
  );
}

function Plot(props: {
  title: string;
  now: string;
  peak: string;
  name: "cpus" | "memory";
  points: PlotPoint[];
  limit: number;
  colour: string;
  unit: string;
}) {
  const { title, now, peak, name, points, limit, colour, unit } = props;
  const most = Math.max(limit, ...points.map((point) => point[name] ?? 0));
  const first = points[0]?.at ?? 0;
  const last = points.at(-1)?.at ?? 0;
  const long = last - first > 20 * 3_600_000;
  const words = (at: number) => (long ? moment(new Date(at), new Date()) : clock(new Date(at)));
  return (
    <Panel title={title} note={<span className="num">{now}</span>}>
      <div
        role="img"
        aria-label={`${title} from ${words(first)} to ${words(last)}: now ${now}, at most ${peak}`}
      >
        <AreaChart
          h={190}
          data={points}
          dataKey="at"
          series={[{ name, label: title, color: colour }]}
          curveType="linear"
          connectNulls={false}
          withDots={false}
          withGradient={false}
          strokeWidth={1.6}
          fillOpacity={0.14}
          gridAxis="x"
          tickLine="none"
          strokeDasharray="0"
          gridColor="var(--grid)"
          textColor="var(--ink-2)"
          valueFormatter={(value) => `${short(value, 2)}${unit}`}
          yAxisProps={{
            domain: [0, most * 1.12],
            ticks: ticksTo(limit),
            width: 66,
            tickFormatter: (value: number) => `${short(value, 2)}${unit}`,
          }}
          xAxisProps={{
            type: "number",
            domain: ["dataMin", "dataMax"],
            tickCount: 6,
            minTickGap: 28,
            tickFormatter: (at: number) => words(at),
          }}
          referenceLines={[
            { y: limit, label: "Limit", color: "var(--st-fail)", labelPosition: "insideBottomRight" },
          ]}
          tooltipProps={{ labelFormatter: (at) => absolute(new Date(Number(at))) }}
          areaProps={{ isAnimationActive: false }}
          areaChartProps={{ margin: { right: 18 }, accessibilityLayer: false }}
        />
      </div>
    </Panel>
  );
}
