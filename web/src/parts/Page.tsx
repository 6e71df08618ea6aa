/** What pages are made of: the title line, panels, notes. */
import {
  IconAlertTriangle,
  IconBulb,
  IconCircleCheck,
  IconCircleX,
  IconInfoCircle,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import css from "./Page.module.css";

export function PageHead(props: {
  title: string;
  badge?: ReactNode;
  icon?: ReactNode;
  sub?: ReactNode;
  /** On small screens the actions stay on the title's line. */
  keep?: boolean;
  /** The page is below the sessions: a way back is shown. */
  below?: boolean;
  children?: ReactNode;
}) {
  const { title, badge, icon, sub, keep, below, children } = props;
  useEffect(() => {
    document.title = `${title} · Carrel`;
  }, [title]);
  return (
    <>
      {below && (
        <nav className={css.crumb} aria-label="Breadcrumb">
          <Link to="/">Sessions</Link>
          <span aria-hidden="true">/</span>
          <span className="cut">{title}</span>
        </nav>
      )}
      <div className={css.head} data-keep={keep}>
        {icon}
        <div className={css.title}>
          <div className={css.line}>
            <h1 title={title}>{title}</h1>
            {badge}
          </div>
          {sub && <p className={css.sub}>{sub}</p>}
        </div>
        {children && <div className={css.actions}>{children}</div>}
      </div>
    </>
  );
}

export function Panel(props: {
  title: string;
  note?: ReactNode;
  end?: ReactNode;
  /** The content reaches to the border: tables, logs. */
  flush?: boolean;
  children: ReactNode;
}) {
  const { title, note, end, flush, children } = props;
  return (
    <section className={css.panel} data-flush={flush} aria-label={title}>
      <div className={css.panelHead}>
        <h2>{title}</h2>
        {note && <span className="small dim">{note}</span>}
        {end && <div className={css.end}>{end}</div>}
      </div>
      {flush ? children : <div className={css.body}>{children}</div>}
    </section>
  );
}

const icons = {
  info: IconInfoCircle,
  warn: IconAlertTriangle,
  bad: IconCircleX,
  ok: IconCircleCheck,
  hint: IconBulb,
};

/** A fact in bold, an explanation, at most one button. Standing in the page, it is not a live region. */
export function Note(props: {
  kind: keyof typeof icons;
  fact: string;
  end?: ReactNode;
  children?: ReactNode;
}) {
  const Icon = icons[props.kind];
  return (
    <div className={css.note} data-kind={props.kind}>
      <Icon size={18} aria-hidden />
      <div className="grow">
        <b>{props.fact}</b> <span className={css.explain}>{props.children}</span>
      </div>
      {props.end}
    </div>
  );
}
