import { createContext } from 'react';

/** The deployment's regions; a region's place among them decides its colour. */
export const RegionOrder = createContext<readonly string[]>([]);
