/** What somebody may launch, and which line decides. Nothing is started. For administrators. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { whatIfQuery } from "../api/queries";
import type { WhatIfQuestion } from "../api/types";
import { Cli } from "../parts/Cli";
import { LoadFailed, Notices } from "../parts/Notices";
import { PageHead } from "../parts/Page";
import type { WhatIfSearch } from "../router";
import { whatIfCommand } from "../words/command";
import { Answer } from "./what-if/Answer";
import { Question } from "./what-if/Question";
import css from "./what-if/WhatIf.module.css";

const page = getRouteApi("/administration/admin/what-if");

/** What the address asks, in the words of the API. */
function questionOf({ user = "", ide, size, r, image, gpus, placement }: WhatIfSearch): WhatIfQuestion {
  return { user, ide, resource_profile: size, r_version: r, image, gpus, placement };
}

export function WhatIf() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const question = questionOf(search);
  const found = useQuery({ ...whatIfQuery(question), staleTime: 0 });
  return (
    <>
      <PageHead title="What-if" sub="What may someone launch, and which rule decides? Nothing is started." />
      <Notices />
      <div className={css.sides}>
        <Question
          key={JSON.stringify(search)}
          asked={search}
          pending={found.isFetching}
          ask={(asked) => {
            if (JSON.stringify(asked) === JSON.stringify(search)) void found.refetch();
            else void navigate({ search: asked });
          }}
        />
        <div className="stack">
          {found.error && (
            <LoadFailed
              what="This could not be answered."
              error={found.error}
              again={() => void found.refetch()}
            />
          )}
          {found.data && <Answer answer={found.data} question={question} />}
          {question.user === "" && <p className="dim">Name a user. They need not have signed in yet.</p>}
          {question.user !== "" && <Cli command={whatIfCommand(question)} />}
        </div>
      </div>
    </>
  );
}
