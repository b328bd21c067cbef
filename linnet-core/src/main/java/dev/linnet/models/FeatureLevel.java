package dev.linnet.models;

/**
 * Maps in the middle of a network.
 *
 * @param module full name of the module that puts them out, such as {@code layer2}
 * @param channels of the maps
 * @param stride how often they divide the picture's side
 */
public record FeatureLevel(String module, int channels, int stride) {}
