"""Operations matched against the catalogue and against the summaries of callees."""
