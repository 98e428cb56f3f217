import { use } from 'react';
import { regionName } from '../../lib/regionNames';
import { RegionOrder } from './regionOrder';
import classes from './RegionChip.module.css';

const HUES = 6;

/** A region by its name and code, in the colour that it has everywhere on the page. */
export function RegionChip({ region }: { readonly region: string }) {
  const index = use(RegionOrder).indexOf(region);
  const name = regionName(region);
  return (
    <span className={classes.chip} data-hue={index < 0 ? 'other' : index % HUES}>
      <span className={classes.name}>{name}</span>
      {name !== region && <span className={classes.code}>{region}</span>}
    </span>
  );
}
