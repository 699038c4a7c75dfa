// FeatureStores
