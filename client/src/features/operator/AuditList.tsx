import { useState } from 'react';
import { Button } from '@mantine/core';
import { clock } from '../../lib/time';
import { RegionChip } from '../regions/RegionChip';
import { operator } from './api';
import type { AuditRecord } from './api';
import { summary } from './outcome';
import type { Report } from './outcome';
import classes from './Operator.module.css';

/** The operators' commands: what was done to which channel, by whom, why, and how it ended in each region. */
export function AuditList({ report }: { readonly report: Report }) {
  const [records, setRecords] = useState<readonly AuditRecord[]>([]);
  const look = async (): Promise<string> => {
    const answer = await operator.audit();
    setRecords(answer.records);
    return summary(`${answer.records.length} audit records.`, answer.errors);
  };
  return (
    <section className={classes.card} aria-labelledby="audit">
      <h2 id="audit">Audit</h2>
      <Button variant="default" onClick={() => void report(look)}>
        Show the audit
      </Button>
      {records.length > 0 && (
        <ul className={classes.list} aria-label="Audit records">
          {records.map((record) => (
            <li key={`${record.region} ${record.key}`} className={classes.entry}>
              <div className={classes.entryHead}>
                <RegionChip region={record.region} />
                <span>
                  {record.action} <bdi>{record.user === null ? `#${record.channel}` : `user ${record.user}`}</bdi>: {record.outcome}
                </span>
                <span>{clock(Date.parse(record.at))}</span>
              </div>
              <bdi className={classes.why}>
                {record.reason} – {record.by}
              </bdi>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
