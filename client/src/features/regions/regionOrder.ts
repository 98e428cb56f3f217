import { createContext } from 'react';

/** The installation's regions; a region's place among them decides its colour. */
export const RegionOrder = createContext<readonly string[]>([]);
