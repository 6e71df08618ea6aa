import { Skeleton } from "@mantine/core";
import css from "./ListSkeleton.module.css";

/** The grid of the rows it stands for; shows only when loading takes longer than a blink. */
export function ListSkeleton() {
  return (
    <section className={css.list} aria-label="Your sessions" aria-busy="true">
      {["a", "b", "c", "d"].map((row) => (
        <div className={css.row} key={row}>
          <Skeleton height={36} width={36} radius={9} />
          <div>
            <Skeleton height={14} width="60%" />
            <Skeleton height={11} width="80%" mt={8} />
          </div>
          <div>
            <Skeleton height={20} width={84} radius={6} />
            <Skeleton height={11} width="70%" mt={8} />
          </div>
          <Skeleton height={28} className="wide" />
          <Skeleton height={36} width={92} className="wide" ml="auto" />
        </div>
      ))}
    </section>
  );
}
